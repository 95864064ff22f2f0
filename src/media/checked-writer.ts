/** The rules that every writer keeps, in one place: option checks before anything is opened, order, sizes, clean-up. */
import { AiprodError } from '../errors';
import { checkFrameRate } from './frame-rate';
import { encodeRecipe } from './recipe';
import {
  AUDIO_CODECS_OF_FORMAT,
  CODECS_OF_FORMAT,
  type AudioCodec,
  type FrameEncoder,
  type VideoCodec,
  type VideoFormat,
  type VideoWriter,
  type VideoWriterOptions,
} from './types';

/** Pixels: H.264 level 6.2 and GIF both end near here, and a frame of this size is already 1 GiB. */
const MAX_SIDE = 16384;

/**
 * Throws `bad-input` (a size, a rate, a recipe) or `bad-usage` (a codec that the container cannot hold).
 * @returns the codec to use, or null where the format is its own codec.
 */
export function checkWriterOptions(options: VideoWriterOptions): VideoCodec | null {
  const { width, height, format } = options;
  const found = `${width}x${height}`;
  if (![width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= MAX_SIDE)) {
    throw new AiprodError('bad-input', 'The clip has a size that cannot be written', { expected: `1 to ${MAX_SIDE} pixels a side`, found });
  }
  checkFrameRate(options.frameRate);
  // Done again where it is written; here, a recipe that cannot be written stops the clip before it is made.
  if (options.recipe !== undefined) encodeRecipe(options.recipe);
  checkSound(options);
  const codecs = CODECS_OF_FORMAT[format];
  const [defaultCodec] = codecs;
  if (defaultCodec === undefined) {
    if (options.codec !== undefined) {
      throw new AiprodError('bad-usage', `The format ${format} has no choice of codec`, { found: options.codec });
    }
    return null;
  }
  if (width % 2 !== 0 || height % 2 !== 0) {
    const even = (side: number): number => Math.max(2, side - (side % 2));
    throw new AiprodError('bad-input', `A ${format} file needs an even width and height, because its colour has half the resolution`, {
      found,
      hint: `Use ${even(width)}x${even(height)}, or write .gif, .png or .y4m`,
    });
  }
  const codec = options.codec ?? defaultCodec;
  if (!codecs.includes(codec)) {
    throw new AiprodError('bad-usage', `The format ${format} cannot hold this codec`, { expected: codecs.join(', '), found: codec });
  }
  return codec;
}

function checkSound({ format, sound }: VideoWriterOptions): void {
  if (sound !== undefined) checkAudioCodec(format, sound.codec);
}

/**
 * @param asked default: the first that the format holds
 * @throws bad-usage for a format without sound, or one that does not hold the codec, with what it holds
 */
export function checkAudioCodec(format: VideoFormat, asked: AudioCodec | undefined): void {
  const codecs = AUDIO_CODECS_OF_FORMAT[format];
  const codec = asked ?? codecs[0];
  if (codecs.includes(codec)) return;
  throw new AiprodError('bad-usage', codecs.length === 0 ? `A ${format} file holds no sound` : `A ${format} file holds no ${codec}`, {
    expected: codecs.length === 0 ? 'mp4 or webm' : codecs.join(', '),
    found: asked ?? 'sound',
    hint: codecs.length === 0 ? 'Write .mp4 or .webm, or leave the sound out' : `Use ${codecs[0]}, or write .mp4`,
  });
}

/**
 * A writer over an encoder. Calls are carried out one after another, in the order in which they were made, whether or not
 * the caller waits. The first error aborts the encoder, and every later call repeats that error.
 */
export function checkedWriter(encoder: FrameEncoder, { width, height }: Pick<VideoWriterOptions, 'width' | 'height'>): VideoWriter {
  let tail: Promise<void> = Promise.resolve();
  let frameCount = 0;
  let ended: 'finished' | 'aborted' | { error: AiprodError } | null = null;

  const refuseWhenEnded = (): void => {
    if (ended === null) return;
    if (typeof ended === 'object') throw ended.error;
    throw new AiprodError('internal', `The video writer is ${ended} already`, { hint: 'Open another writer' });
  };

  const inOrder = (work: () => Promise<void>): Promise<void> => {
    const result = tail.then(async () => {
      refuseWhenEnded();
      try {
        await work();
      } catch (error) {
        const typed =
          error instanceof AiprodError
            ? error
            : new AiprodError('internal', 'The encoder failed', { found: String(error), hint: 'Try another format' }, { cause: error });
        ended = { error: typed };
        try {
          await encoder.abort();
        } catch (cleanUp) {
          throw new AiprodError(typed.code, `${typed.message} Cleaning up failed too: ${String(cleanUp)}`, {}, { cause: typed });
        }
        throw typed;
      }
    });
    // The caller gets the rejection from `result`; the queue itself must go on.
    tail = result.catch(() => undefined);
    return result;
  };

  return {
    addFrame: (rgba, index) =>
      inOrder(async () => {
        if (index !== frameCount) {
          throw new AiprodError('internal', 'Frames must come in order', { expected: `frame ${frameCount}`, found: `frame ${index}` });
        }
        if (rgba.length !== width * height * 4) {
          throw new AiprodError('shape-mismatch', 'The frame has another size than the clip', {
            expected: `${width * height * 4} bytes of RGBA for ${width}x${height}`,
            found: String(rgba.length),
          });
        }
        await encoder.encode(new Uint8Array(rgba.buffer, rgba.byteOffset, rgba.byteLength), index);
        frameCount += 1;
      }),
    finish: () =>
      inOrder(async () => {
        if (frameCount === 0) throw new AiprodError('bad-input', 'A clip needs at least one frame', { found: '0 frames' });
        await encoder.finish(frameCount);
        ended = 'finished';
      }),
    abort: async () => {
      await tail;
      if (ended !== null) return;
      ended = 'aborted';
      await encoder.abort();
    },
  };
}
