import type { Picture, VideoReader } from '../../media';

/** Frames that are decoded in one go where a clip is played backwards. */
const backwardRun = 16;
/** Further ahead than this, decoding begins anew at a key frame. */
const furthestSkip = 120;

/** Frames of a clip by number. Asked for in order, each is decoded once; backwards, in short runs. */
export interface FrameSource {
  frame(index: number): Promise<Picture>;
  close(): Promise<void>;
}

/** @param reader stays the caller's */
export function openFrameSource(reader: VideoReader): FrameSource {
  let running: { readonly frames: AsyncGenerator<Picture, void, undefined>; next: number } | undefined;
  let held = new Map<number, Picture>();

  async function stop(): Promise<void> {
    await running?.frames.return();
    running = undefined;
  }

  /** Decodes on until a frame; of those before it, as many are held as are asked for. */
  async function decode(index: number, keep: number): Promise<Picture> {
    if (running === undefined || index < running.next || index > running.next + furthestSkip) {
      await stop();
      const start = Math.max(0, index - keep);
      running = { frames: reader.pictures({ start }), next: start };
    }
    const kept = new Map<number, Picture>();
    for (;;) {
      const { value } = await running.frames.next();
      if (value === undefined) throw new RangeError(`frame ${index} lies beyond ${reader.frameCount}`);
      const at = running.next++;
      if (at >= index - keep) kept.set(at, value);
      if (at === index) {
        held = kept;
        return value;
      }
    }
  }

  let last = -1;
  return {
    async frame(index) {
      const known = held.get(index);
      const isBackwards = index < last;
      last = index;
      return known ?? decode(index, isBackwards ? backwardRun : 0);
    },
    close: stop,
  };
}
