import { AiprodError } from '../../errors';
import { cropVideo, joinVideos, type Video } from '../../models';
import type { VideoVae } from '../video-vae';
import { composeTiles, type VideoChunk } from './compose-tiles';
import type { TilePlan } from './tile-plan';

/** Encodes one tile of pixels [B, 3, f, h, w] to moments [B, 2 C, f', h', w']. */
export type EncodeTile = (pixels: Video) => Promise<Video>;

/**
 * Encodes frames as they come, tile by tile, and gives moments of latents as they are done. Held are the frames of one tile in
 * time, whatever the length of the video.
 *
 * @param source pieces [B, 3, n, H, W], -1 to 1, in order; together at least as many frames as the plan's last tile ends with
 * @yields moments [B, 2 C, n', H', W']
 */
export function encodeFrames(
  { ratios: { spatial, temporal } }: Pick<VideoVae, 'ratios'>,
  source: AsyncIterable<Video>,
  plan: TilePlan,
  encodeTile: EncodeTile,
): AsyncGenerator<VideoChunk> {
  const window = new FrameWindow(source);
  return composeTiles(plan, async ({ frames, row, column }) => {
    const { start, end } = plan.frames[frames].latents;
    const first = start * temporal;
    const held = await window.frames(first, (end - 1) * temporal + 1);
    const vertical = plan.rows[row].latents;
    const horizontal = plan.columns[column].latents;
    return encodeTile(
      cropVideo(held, {
        rows: [vertical.start * spatial, vertical.end * spatial],
        columns: [horizontal.start * spatial, horizontal.end * spatial],
      }),
    );
  });
}

/** Keeps the frames that are still needed of a stream. */
class FrameWindow {
  private readonly iterator: AsyncIterator<Video>;
  private held: Video | undefined;
  private first = 0;

  constructor(source: AsyncIterable<Video>) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  /** Frames [first, end); frames before `first` are let go. */
  async frames(first: number, end: number): Promise<Video> {
    if (this.held !== undefined && first > this.first) {
      this.held = cropVideo(this.held, { frames: [first - this.first, this.held.shape[2]] });
      this.first = first;
    }
    const pieces = this.held === undefined ? [] : [this.held];
    for (let have = this.first + (this.held?.shape[2] ?? 0); have < end;) {
      const next = await this.iterator.next();
      if (next.done === true) {
        throw new AiprodError('bad-input', 'the video to encode ended early', {
          expected: `${end} frames or more`,
          found: `${have} frames`,
        });
      }
      pieces.push(next.value);
      have += next.value.shape[2];
    }
    this.held = pieces.length === 1 ? pieces[0] : joinVideos(pieces, 2);
    return cropVideo(this.held, { frames: [0, end - this.first] });
  }
}
