import { AiprodError } from '../errors';
import type { FrameCache } from './frame-cache';
import type { Picture, VideoReader } from './types';

/** A decoded frame in the form in which it is kept. */
export interface Kept {
  readonly bytes: number;
}

/** The frames of one file by their whole index, through the cache. In order is fastest; backwards each group of pictures is decoded once. */
export interface ClipFrames<Frame extends Kept> {
  readonly reader: VideoReader;
  /**
   * Decodes up to a frame, unless it is kept. What is decoded on the way is kept too, so that stepping back through a group of pictures
   * decodes it once.
   * @param isStale asked between frames: whether nobody waits for the frame any more
   * @returns undefined when it became stale
   */
  reach(frame: number, isStale: () => boolean): Promise<Frame | undefined>;
  close(): Promise<void>;
}

/** A decoder that is open, and the frame that it gives next. */
interface Run {
  readonly pictures: AsyncGenerator<Picture, void, undefined>;
  next: number;
}

/** Places of one file that are read side by side: two clips of it, one over the other. */
const MOST_RUNS = 2;

/**
 * @param media its name in the cache, where its frames are dropped when it is closed
 * @param reader closed with it
 * @param keep called once for each frame that is decoded
 */
export function createClipFrames<Frame extends Kept>(
  media: string,
  reader: VideoReader,
  cache: FrameCache<Frame>,
  keep: (picture: Picture) => Frame,
): ClipFrames<Frame> {
  /** Used last at the end. */
  const runs: Run[] = [];
  let last: Promise<unknown> = Promise.resolve();

  const leave = async (run: Run): Promise<void> => {
    runs.splice(runs.indexOf(run), 1);
    await run.pictures.return();
  };

  /** A decoder that comes to the frame without decoding more than a new one would. */
  const runTo = async (frame: number): Promise<Run> => {
    const use = (run: Run): Run => {
      runs.push(...runs.splice(runs.indexOf(run), 1));
      return run;
    };
    const following = runs.find(({ next }) => next === frame);
    if (following !== undefined) return use(following);
    const start = (await reader.keyFrameOf?.(frame)) ?? frame;
    const fitting = runs.find(({ next }) => next <= frame && next >= start);
    if (fitting !== undefined) return use(fitting);
    if (runs.length === MOST_RUNS) await leave(runs[0]);
    const run: Run = { pictures: reader.pictures({ start }), next: start };
    runs.push(run);
    return run;
  };

  const decodeTo = async (frame: number, isStale: () => boolean): Promise<Frame | undefined> => {
    if (isStale()) return undefined;
    if (cache.has(media, frame)) return cache.get(media, frame);
    const run = await runTo(frame);
    try {
      for (;;) {
        const { value, done } = await run.pictures.next();
        if (done === true) {
          throw new AiprodError('bad-input', 'A clip ends before a frame of it', { where: media, expected: `frame ${frame}` });
        }
        const at = run.next++;
        const kept = keep(value);
        if (!cache.has(media, at)) cache.put(media, at, kept, kept.bytes);
        if (at === frame) return kept;
        if (isStale()) return undefined;
      }
    } catch (error) {
      await leave(run);
      throw error;
    }
  };

  return {
    reader,
    reach(frame, isStale) {
      // One after another: two that pull the same decoder would take each other's frames.
      const answer = last.then(() => decodeTo(frame, isStale));
      last = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      await last;
      while (runs.length > 0) await leave(runs[0]);
      cache.drop(media);
      await reader.close();
    },
  };
}
