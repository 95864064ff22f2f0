/** File System Access as far as the page uses it (WICG draft of 2024); Chromium has it, TypeScript's DOM library has not. */
interface FileSystemHandlePermissionDescriptor {
  readonly mode?: 'read' | 'readwrite';
}

interface FileSystemHandle {
  queryPermission?(descriptor?: FileSystemHandlePermissionDescriptor): Promise<PermissionState>;
  requestPermission?(descriptor?: FileSystemHandlePermissionDescriptor): Promise<PermissionState>;
}

interface Window {
  showDirectoryPicker?(options?: { readonly id?: string; readonly mode?: 'read' | 'readwrite' }): Promise<FileSystemDirectoryHandle>;
}

interface Window {
  showSaveFilePicker?(options?: {
    readonly id?: string;
    readonly suggestedName?: string;
    readonly types?: readonly { readonly description?: string; readonly accept: Readonly<Record<string, readonly string[]>> }[];
  }): Promise<FileSystemFileHandle>;
}

interface DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}
