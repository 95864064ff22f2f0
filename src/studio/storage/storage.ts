/**
 * What a studio keeps between visits: files by their content, and small documents by name. The page keeps them in the browser's private
 * file system; a host of the embedded component may bring its own.
 */
export interface StudioStorage {
  /** Whether what is kept is there on the next visit. */
  lasting(): Promise<boolean>;
  /** Keeps a file. One of the same content is kept once. @throws AiprodError `unwritable-output` when there is no room */
  addFile(fingerprint: string, content: Blob): Promise<void>;
  /** Undefined when it was never kept or is lost. */
  file(fingerprint: string): Promise<Blob | undefined>;
  removeFile(fingerprint: string): Promise<void>;
  listFiles(): Promise<readonly { readonly fingerprint: string; readonly bytes: number }[]>;
  /** Undefined when there is none. */
  readDocument(name: string): Promise<string | undefined>;
  /** Whole or not at all: what was there stays until the new one is complete. */
  writeDocument(name: string, text: string): Promise<void>;
  removeDocument(name: string): Promise<void>;
  listDocuments(): Promise<readonly string[]>;
}

/** Keeps everything until the tab closes: for tests, and where the browser keeps nothing. */
export function memoryStorage(): StudioStorage {
  const files = new Map<string, Blob>();
  const documents = new Map<string, string>();
  return {
    lasting: async () => false,
    addFile: async (fingerprint, content) => void files.set(fingerprint, content),
    file: async (fingerprint) => files.get(fingerprint),
    removeFile: async (fingerprint) => void files.delete(fingerprint),
    listFiles: async () => Array.from(files, ([fingerprint, { size }]) => ({ fingerprint, bytes: size })),
    readDocument: async (name) => documents.get(name),
    writeDocument: async (name, text) => void documents.set(name, text),
    removeDocument: async (name) => void documents.delete(name),
    listDocuments: async () => [...documents.keys()],
  };
}
