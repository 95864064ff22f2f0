import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleCount } from '../audio';
import { compressImage, openVideo, readSound } from '../media/node';
import type { MediaLibrary } from './nodes/load-media';

/** Images, videos and sounds on disk, by path. */
export const nodeMedia = {
  async facts(file: string) {
    const reader = await openVideo(file);
    try {
      const { width, height, frameRate, frameCount } = reader;
      return { width, height, frameRate, frames: frameCount, fingerprint: await fingerprintOf(file) };
    } finally {
      await reader.close();
    }
  },
  async soundFacts(file: string) {
    const sound = await readSound(file);
    const heard = sound === null ? null : { sampleRate: sound.sampleRate, seconds: sampleCount(sound) / sound.sampleRate };
    return { width: 0, height: 0, frames: 0, frameRate: null, fingerprint: await fingerprintOf(file), sound: heard };
  },
  sound: readSound,
  open: openVideo,
  compressImage,
} satisfies MediaLibrary;

/** Hash of a file, or of the files of a folder in the order of their names. */
async function fingerprintOf(path: string): Promise<string> {
  const files = (await stat(path)).isDirectory() ? (await readdir(path)).toSorted().map((name) => join(path, name)) : [path];
  const hash = createHash('sha256');
  for (const file of files) {
    for await (const chunk of createReadStream(file)) hash.update(chunk instanceof Uint8Array ? chunk : String(chunk));
  }
  return `sha256:${hash.digest('hex')}`;
}
