import { cropVideo, type Video } from '../../models';
import { crossfadeOf } from './blends';
import type { DecodeTile } from './decode-frames';
import { latentActivity } from './overlap-demand';
import { latentSize, type LatentSize, type VaeGeometry } from './tile-plan';

/** Mean disagreement of neighbours that no seam may have: 1/255 of the range of pixels, which is -1 to 1. */
export const seamBound = 2 / 255;

const axes = ['frames', 'rows', 'columns'] as const;
type Axis = (typeof axes)[number];

/** What was measured along one axis. */
export interface MeasuredOverlap {
  readonly overlap: LatentSize;
  /** Mean absolute difference of neighbouring tiles where they are blended, at that overlap, -1 to 1; 0 along axes of one tile. */
  readonly disagreement: LatentSize;
}

export interface MeasureRequest {
  readonly vae: VaeGeometry;
  /** [B, C, F, H, W] in the VAE's units. */
  readonly latents: Video;
  readonly tile: LatentSize;
  /** Where to begin, in latents. */
  readonly overlap: LatentSize;
  readonly bound?: number;
}

/**
 * Finds the overlap that this decoder needs on these latents: two neighbouring tiles are decoded at the busiest place of each axis,
 * and their overlap grows by a latent until they agree to `bound` where they are blended. Neighbours err independently of each other
 * where their surroundings are cut off, so that their disagreement there bounds the seam without a decode of the whole.
 * Where no overlap below the tile reaches the bound, the best one is taken.
 */
export async function measureOverlap(request: MeasureRequest, decodeTile: DecodeTile): Promise<MeasuredOverlap> {
  const overlap = { ...request.overlap };
  const disagreement = { frames: 0, rows: 0, columns: 0 };
  const size = latentSize(request.latents.shape);
  for (const axis of axes) {
    if (request.tile[axis] >= size[axis]) continue;
    const found = await measureAxis(request, axis, decodeTile);
    overlap[axis] = found.overlap;
    disagreement[axis] = found.disagreement;
  }
  return { overlap, disagreement };
}

async function measureAxis(
  { vae, latents, tile, overlap, bound = seamBound }: MeasureRequest,
  axis: Axis,
  decodeTile: DecodeTile,
): Promise<{ overlap: number; disagreement: number }> {
  const size = latentSize(latents.shape);
  const length = tile[axis];
  const origin = busiestOrigin(latents, tile, axis, overlap[axis]);
  const decodeAt = (start: number): Promise<Video> => {
    const at = { ...origin, [axis]: start };
    return decodeTile(cropTile(latents, at, tile), at);
  };
  const former = await decodeAt(origin[axis]);
  const end = origin[axis] + length;
  let best = { overlap: overlap[axis], disagreement: Number.POSITIVE_INFINITY };
  // The last tile of an axis is moved back to its end, which may make its overlap larger than asked for.
  let next = Math.min(end - overlap[axis], size[axis] - length);
  for (; next > origin[axis]; next--) {
    const disagreement = rampDifference(
      vae,
      axis,
      { video: former, start: origin[axis] },
      { video: await decodeAt(next), start: next },
      length,
    );
    if (disagreement < best.disagreement) best = { overlap: end - next, disagreement };
    if (disagreement <= bound) break;
  }
  return best;
}

/**
 * A tile whose seam at its end lies where the latents are busiest along the axis, in the middle of the others. Where the video is long
 * enough, a whole tile follows it at the overlap asked for.
 */
function busiestOrigin(latents: Video, tile: LatentSize, axis: Axis, overlap: number): LatentSize {
  const size = latentSize(latents.shape);
  const middle = (other: Axis): number => Math.floor((size[other] - Math.min(tile[other], size[other])) / 2);
  const activity = latentActivity(latents)[axis];
  const last = Math.max(0, size[axis] - 2 * tile[axis] + overlap);
  let start = 0;
  for (let k = 1; k <= last; k++) if (activity[k + tile[axis]] > activity[start + tile[axis]]) start = k;
  return { frames: middle('frames'), rows: middle('rows'), columns: middle('columns'), [axis]: start };
}

function cropTile(latents: Video, at: LatentSize, tile: LatentSize): Video {
  return cropVideo(latents, {
    frames: [at.frames, at.frames + tile.frames],
    rows: [at.rows, at.rows + tile.rows],
    columns: [at.columns, at.columns + tile.columns],
  });
}

interface DecodedAt {
  readonly video: Video;
  /** First latent along the axis. */
  readonly start: number;
}

/** Mean absolute difference of two neighbours over the ramp of a trapezoid. */
function rampDifference(vae: VaeGeometry, axis: Axis, former: DecodedAt, later: DecodedAt, tile: number): number {
  const { spatial, temporal } = vae.ratios;
  const context = vae.context.decode;
  const perLatent = axis === 'frames' ? temporal : spatial;
  const { ramp, middle } = crossfadeOf('trapezoid', axis === 'frames' ? context.frames : context.space, perLatent);
  const formerEnd = axis === 'frames' ? (former.start + tile - 1) * perLatent + 1 : (former.start + tile) * perLatent;
  const overlapStart = later.start * perLatent;
  const width = Math.min(ramp, formerEnd - overlapStart);
  const first = Math.floor(overlapStart + (formerEnd - overlapStart - width) * middle);
  const cut = ({ video, start }: DecodedAt): Video => {
    const range = [first - start * perLatent, first - start * perLatent + width] as const;
    return cropVideo(video, { [axis]: range });
  };
  const a = cut(former).data;
  const b = cut(later).data;
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
}
