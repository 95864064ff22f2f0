import { sampleCount } from '../src/audio';
import { AiprodError } from '../src/errors';
import { openVideo, readSound } from '../src/media/browser';
import { clipSound, framesPerSecond, type GeneratedClip } from '../src/pipelines';
import { smallPicture, type SmallPicture } from './small-picture';

/** What a page plays of a clip that was made on an earlier visit. */
export type ClipContent = Pick<GeneratedClip, 'width' | 'height' | 'frameRate' | 'frameCount' | 'pixels' | 'sound'>;

export interface KeptClipsApi {
  /**
   * Decodes a clip's file whole: short clips of our own.
   * @throws AiprodError `bad-input` when it is damaged, `codec-unavailable` when the browser does not decode it
   */
  readClip(file: Blob): Promise<ClipContent>;
  /** Its first frame, small. @throws AiprodError as `readClip` */
  clipPicture(file: Blob): Promise<SmallPicture>;
}

export const keptClips: KeptClipsApi = {
  async readClip(file) {
    const reader = await openVideo(file);
    try {
      const { width, height, frameCount, frameRate } = reader;
      if (frameRate === null)
        throw new AiprodError('bad-input', 'the clip says no frame rate', { expected: 'a video that AIPROD Studio made' });
      const pixels = new Uint8ClampedArray(frameCount * width * height * 4);
      let at = 0;
      for await (const picture of reader.pictures()) {
        pixels.set(picture.rgba(), at);
        at += width * height * 4;
      }
      const frames = Array.from(
        { length: frameCount },
        (_, frame) => new Uint8Array(pixels.buffer, (frame * at) / frameCount, at / frameCount),
      );
      const sound = await soundOf(file, frames, { width, height, frameRate: framesPerSecond(frameRate) });
      return { width, height, frameCount, frameRate, pixels, ...(sound === undefined ? {} : { sound }) };
    } finally {
      await reader.close();
    }
  },

  async clipPicture(file) {
    const reader = await openVideo(file);
    try {
      return await smallPicture(reader, 'a clip');
    } finally {
      await reader.close();
    }
  },
};

async function soundOf(file: Blob, frames: readonly Uint8Array[], clip: Parameters<typeof clipSound>[2]): Promise<GeneratedClip['sound']> {
  const waveform = await readSound(file);
  if (waveform === null || sampleCount(waveform) === 0) return undefined;
  return clipSound(waveform, frames, clip);
}
