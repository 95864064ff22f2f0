import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { ByteSource } from '../../weights';

const CHUNK = 1 << 22;

/** SHA-256 of a file, read in parts; the file is closed. */
export async function contentHash(file: ByteSource, signal: AbortSignal): Promise<string> {
  try {
    const hash = sha256.create();
    for (let offset = 0; offset < file.size; offset += CHUNK) {
      signal.throwIfAborted();
      hash.update(await file.read(offset, Math.min(CHUNK, file.size - offset)));
    }
    return bytesToHex(hash.digest());
  } finally {
    await file.close?.();
  }
}
