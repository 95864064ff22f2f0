import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { sha256 as sha256OfWhole } from '../../src/numeric/sha256';

/** Files up to this many bytes are hashed at once. */
const WHOLE = 64 * 2 ** 20;
/** Above this many bytes a file is told from others by samples: hashing hours of video takes minutes. */
const SAMPLED_ABOVE = 2 ** 30;
const SAMPLES = 256;
const SAMPLE_BYTES = 2 ** 16;

/**
 * A file by its content: `sha256:HEX`; of a file above 1 GiB `sampled-sha256:HEX`, over its length in decimal and 256 stretches of 64 KiB,
 * the first at its beginning and the last at its end, the others evenly between.
 */
export async function fingerprintOf(file: Blob): Promise<string> {
  if (file.size <= WHOLE) return `sha256:${await sha256OfWhole(new Uint8Array(await file.arrayBuffer()))}`;
  const hash = sha256.create();
  if (file.size <= SAMPLED_ABOVE) {
    for (let at = 0; at < file.size; at += WHOLE) hash.update(await bytesAt(file, at, WHOLE));
    return `sha256:${bytesToHex(hash.digest())}`;
  }
  hash.update(utf8ToBytes(String(file.size)));
  for (let sample = 0; sample < SAMPLES; sample++) {
    hash.update(await bytesAt(file, Math.floor(((file.size - SAMPLE_BYTES) * sample) / (SAMPLES - 1)), SAMPLE_BYTES));
  }
  return `sampled-sha256:${bytesToHex(hash.digest())}`;
}

const bytesAt = async (file: Blob, start: number, length: number): Promise<Uint8Array> =>
  new Uint8Array(await file.slice(start, start + length).arrayBuffer());
