/** In-place file access of dedicated workers (WHATWG File System); TypeScript's DOM library leaves it to its worker library. */
interface FileSystemSyncAccessHandle {
  getSize(): number;
  write(bytes: AllowSharedBufferSource, options?: { at?: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>;
}
