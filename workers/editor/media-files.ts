import { peaksOfSound, type SoundSource, type WaveformPeaks } from '../../src/audio';
import { AiprodError } from '../../src/errors';
import { createClipFrames, createSoundPool, type ClipFrames, type FrameCache } from '../../src/media';
import { openSound, openVideo } from '../../src/media/browser';
import type { MediaItem } from '../../src/project';
import { ASSUMED_RATE } from './describe';
import { keepFrame, type KeptFrame } from './kept-frame';

/** How a file's frames are counted in time; both absent of still pictures. */
export type MediaTiming = Pick<MediaItem, 'rate' | 'frames'>;

/** The pictures of a file, opened. */
export interface OpenedClip extends ClipFrames<KeptFrame> {
  readonly timing: MediaTiming;
}

/** Files of a project by their ids, each opened when it is first needed. */
export interface MediaFiles {
  /** The same id again replaces the file. */
  add(id: string, file: Blob): Promise<void>;
  remove(id: string): Promise<void>;
  has(id: string): boolean;
  /** @throws AiprodError `bad-input` of an id that was never added */
  content(id: string): Blob;
  /** @throws AiprodError `bad-input` of an id that was never added, and as `openVideo` */
  clip(id: string): Promise<OpenedClip>;
  /** Decoded as it is read; null of a file without sound. */
  sound(id: string): Promise<SoundSource | null>;
  peaks(id: string): Promise<WaveformPeaks | null>;
  /** The same files with decoders of their own, that keep their frames in another cache. */
  beside(cache: FrameCache<KeptFrame>): MediaFiles;
  /** Ends the decoders. */
  close(): Promise<void>;
}

interface File {
  readonly content: Blob;
  clip?: Promise<OpenedClip>;
  peaks?: Promise<WaveformPeaks | null>;
}

/** @param cache keeps the frames of all files */
export function createMediaFiles(cache: FrameCache<KeptFrame>, contents: Iterable<readonly [string, Blob]> = []): MediaFiles {
  const files = new Map<string, File>(Array.from(contents, ([id, content]) => [id, { content }]));

  const given = (id: string): File => {
    const file = files.get(id);
    if (file !== undefined) return file;
    throw new AiprodError('bad-input', 'the file of a clip is missing', { where: id, hint: 'Add the file to the project again' });
  };
  const remove = async (id: string): Promise<void> => {
    const file = files.get(id);
    files.delete(id);
    // A file that could not be opened holds nothing.
    await Promise.all([file?.clip?.then((clip) => clip.close()).catch(() => undefined), sounds.drop(id)]);
  };
  const sounds = createSoundPool(async (id) => openSound(given(id).content));

  return {
    async add(id, content) {
      await remove(id);
      files.set(id, { content });
    },
    remove,
    has: (id) => files.has(id),
    content: (id) => given(id).content,
    async clip(id) {
      const file = given(id);
      return (file.clip ??= openClip(id, file.content, cache));
    },
    sound: (id) => sounds.sound(id),
    async peaks(id) {
      const file = given(id);
      return (file.peaks ??= sounds
        .sound(id)
        .then((sound) => (sound === null ? null : peaksOfSound(sound)))
        .catch((error: unknown) => {
          file.peaks = undefined;
          throw error;
        }));
    },
    beside: (other) =>
      createMediaFiles(
        other,
        Array.from(files, ([id, { content }]) => [id, content]),
      ),
    async close() {
      for (const id of [...files.keys()]) await remove(id);
      await sounds.close();
    },
  };
}

async function openClip(id: string, content: Blob, cache: FrameCache<KeptFrame>): Promise<OpenedClip> {
  const reader = await openVideo(content);
  const still = reader.frameCount === 1 && reader.frameRate === null;
  return {
    ...createClipFrames(id, reader, cache, keepFrame),
    timing: still ? {} : { rate: reader.frameRate ?? ASSUMED_RATE, frames: reader.frameCount },
  };
}
