import type { Waveform } from '../../audio';
import { AiprodError } from '../../errors';
import type { VideoReader } from '../../media';
import { openVideo, readSound } from '../../media/node';
import type { DataSource } from '../data-source';

/** Opens a video or image of a source. What lies on no disk is read whole. */
export async function openClip(source: DataSource, path: string, signal: AbortSignal): Promise<VideoReader> {
  return openVideo(await readable(source, path, signal));
}

/** The sound of a file; null where it has none. */
export async function soundOf(source: DataSource, path: string, signal: AbortSignal): Promise<Waveform | null> {
  return readSound(await readable(source, path, signal));
}

/** The same of a file that has to have sound. @throws AiprodError 'bad-input' where it has none */
export async function requiredSound(source: DataSource, path: string, signal: AbortSignal): Promise<Waveform> {
  const sound = await soundOf(source, path, signal);
  if (sound !== null) return sound;
  throw new AiprodError('bad-input', 'the file holds no sound', { where: path, expected: 'a sound file, or a video with sound' });
}

async function readable(source: DataSource, path: string, signal: AbortSignal): Promise<string | Blob> {
  signal.throwIfAborted();
  const onDisk = source.diskPath?.(path);
  if (onDisk !== undefined) return onDisk;
  const file = await source.open(path, signal);
  try {
    return new File([await file.read(0, file.size)], path);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new AiprodError(
      'bad-input',
      'the file is too large to be held in memory',
      { where: file.name, found: `${file.size} bytes` },
      { cause },
    );
  } finally {
    await file.close?.();
  }
}
