import { open } from 'node:fs/promises';
import { AiprodError } from '../errors';
import type { ByteSource } from './byte-source';

/** One read call of Node's fs takes less than 2 GiB. */
const LARGEST_READ = 1 << 30;

/**
 * A file on disk. Close it when done.
 * @throws AiprodError 'bad-input' when it cannot be opened or is not a file.
 */
export async function openNodeFile(path: string): Promise<ByteSource> {
  const unreadable = (cause: unknown): AiprodError =>
    new AiprodError(
      'bad-input',
      'cannot open the file',
      { where: path, found: cause instanceof Error ? cause.message : String(cause), hint: 'Check the path and its permissions' },
      { cause },
    );
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw unreadable(cause);
  });
  const stat = await handle.stat();
  if (!stat.isFile()) {
    await handle.close();
    throw new AiprodError('bad-input', 'not a file', { where: path, expected: 'a regular file', hint: 'Name the file itself' });
  }
  return {
    name: path,
    size: stat.size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, LARGEST_READ), offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done === length ? bytes : bytes.slice(0, done);
    },
    close: () => handle.close(),
  };
}
