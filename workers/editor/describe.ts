import { AiprodError } from '../../src/errors';
import { openVideo, readSoundFacts } from '../../src/media/browser';
import { rational, type MediaItem } from '../../src/project';
import { fingerprintOf } from './fingerprint';

/** What a project keeps of a file, but for its name and place in the project. */
export type MediaFacts = Omit<MediaItem, 'id' | 'name' | 'path' | 'generation'>;

/** Of a clip whose file tells none: a GIF of one delay, a folder's frames. */
export const ASSUMED_RATE = { numerator: 24, denominator: 1 } as const;

/**
 * Looks into a file: video, still picture, sound, or a table of colours by the name's `.cube`.
 * @throws AiprodError `bad-input` when it is none of these or is damaged, `codec-unavailable` when this browser does not decode it
 */
export async function describe(file: Blob, name: string): Promise<MediaFacts> {
  const content = { fingerprint: await fingerprintOf(file), bytes: file.size };
  if (/\.cube$/i.test(name)) return { kind: 'lut', ...content };
  const seen = await pictureFacts(file);
  if (seen instanceof AiprodError) {
    const heard = await soundFacts(file).catch(() => undefined);
    // A damaged video is told as such, not as a file without sound.
    if (heard === undefined) throw seen;
    return { kind: 'audio', ...content, sound: heard };
  }
  const sound = seen.kind === 'video' ? await soundFacts(file) : undefined;
  return { ...seen, ...content, ...(sound === undefined ? {} : { sound }) };
}

async function pictureFacts(file: Blob): Promise<Pick<MediaItem, 'kind' | 'width' | 'height' | 'frames' | 'rate'> | AiprodError> {
  try {
    const { width, height, frameCount, frameRate, close } = await openVideo(file);
    await close();
    if (frameCount === 1 && frameRate === null) return { kind: 'image', width, height };
    return { kind: 'video', width, height, frames: frameCount, rate: frameRate ?? ASSUMED_RATE };
  } catch (error) {
    if (error instanceof AiprodError && error.code === 'bad-input') return error;
    throw error;
  }
}

async function soundFacts(file: Blob): Promise<MediaItem['sound']> {
  const facts = await readSoundFacts(file).catch((error: unknown) => {
    // A GIF or a picture is no file with tracks at all.
    if (error instanceof AiprodError && error.code === 'bad-input') return null;
    throw error;
  });
  if (facts === null) return undefined;
  const { sampleRate, channels, seconds } = facts;
  return { sampleRate, channels, duration: rational(Math.max(1, Math.round(seconds * sampleRate)), sampleRate) };
}
