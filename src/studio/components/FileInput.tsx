import type { RefObject } from 'react';

export interface FileInputProps {
  /** Whoever asks for files clicks it. */
  readonly input: RefObject<HTMLInputElement | null>;
  readonly label: string;
  /** As the attribute of `<input type="file">`. */
  readonly accept?: string;
  readonly multiple?: boolean;
  /** Gets at least one file. */
  readonly onFiles: (files: [File, ...File[]]) => void;
}

/** The browser's question for files, behind a button of the studio's. The same file can be chosen again. */
export function FileInput({ input, label, accept, multiple = false, onFiles }: FileInputProps) {
  return (
    <input
      ref={input}
      type="file"
      hidden
      multiple={multiple}
      accept={accept}
      aria-label={label}
      onChange={({ target }) => {
        const [first, ...more] = target.files ?? [];
        target.value = '';
        if (first !== undefined) onFiles([first, ...more]);
      }}
    />
  );
}
