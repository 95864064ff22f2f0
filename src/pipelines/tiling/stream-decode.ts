import type { GpuContext } from '../../gpu';
import { ParameterStore, type Program } from '../../graph';
import { frameToRgba, type VideoWriter } from '../../media';
import { cropVideo, type Video } from '../../models';
import { pixelShapeOfLatents, type VideoVae } from '../video-vae';
import { exactOverlaps, type TilingChoice } from './choose-tiling';
import { followCoarse, shrinkLatents } from './coarse-guide';
import { type AdjustTiles, type VideoChunk } from './compose-tiles';
import { decodeFrames, type DecodeTile } from './decode-frames';
import { measureOverlap, type MeasuredOverlap } from './measure-overlap';
import { contentDemand } from './overlap-demand';
import { latentFrames, openPartRunner, runWhole, runWholeFrames } from './part-runner';
import { openTileDecoder, type DecoderConditions } from './tile-decoder';
import { contentSpans, evenSpans, latentSize, planDecode, type LatentSize, type TilePlan, type TileSpans } from './tile-plan';

export interface TiledDecodeRequest extends Omit<DecoderConditions, 'latents'> {
  readonly vae: VideoVae;
  readonly choice: TilingChoice;
  /** [1, C, F, H, W] in the VAE's units, decode noise blended in. */
  readonly latents: Video;
  /** Told what overlap was measured, where the strategy measures. */
  onMeasured?(measured: MeasuredOverlap): void;
}

/**
 * Decodes as chosen, with whatever decodes one tile, and yields frames as they are done. Strategy `adaptive` measures the overlap
 * that the decoder needs (`measureOverlap`) unless the chosen one is exact, and lets it grow where latents are busy.
 */
export async function* decodeInTiles(request: TiledDecodeRequest, decodeTile: DecodeTile): AsyncGenerator<VideoChunk> {
  const { choice, vae, latents } = request;
  const plan = planDecode(vae, await spansOf(request, decodeTile), choice.blend);
  yield* choice.strategy === 'hierarchical'
    ? decodeGuided(latents, plan, choice.tile, decodeTile)
    : decodeFrames(latents, plan, decodeTile);
}

async function spansOf({ choice, vae, latents, onMeasured }: TiledDecodeRequest, decodeTile: DecodeTile): Promise<TileSpans> {
  const size = latentSize(latents.shape);
  const { tile, overlap } = choice;
  if (choice.strategy !== 'adaptive' || choice.exact) return evenSpans(size, tile, overlap);
  const measured = await measureOverlap({ vae, latents, tile, overlap }, decodeTile);
  onMeasured?.(measured);
  return contentSpans(size, tile, contentDemand(latents, measured.overlap, mostOverlap(exactOverlaps(vae), measured.overlap, tile)));
}

/** More than exact is never needed, and a tile has to bring something new. */
function mostOverlap(exact: LatentSize, least: LatentSize, tile: LatentSize): LatentSize {
  const most = (axis: keyof LatentSize): number => Math.min(tile[axis] - 1, Math.max(exact[axis], least[axis]));
  return { frames: most('frames'), rows: most('rows'), columns: most('columns') };
}

/** Tiles that follow a coarse decode of the whole picture, which is shrunk to the size of one tile (`followCoarse`). */
function decodeGuided(latents: Video, plan: TilePlan, tile: LatentSize, decodeTile: DecodeTile): AsyncGenerator<VideoChunk> {
  const adjust: AdjustTiles = async (frames, tiles) => {
    const { start, end } = plan.frames[frames].latents;
    const small = shrinkLatents(cropVideo(latents, { frames: [start, end] }), tile);
    followCoarse(tiles, await decodeTile(small, { frames: start, rows: 0, columns: 0 }), plan.rows, plan.columns);
  };
  return decodeFrames(latents, plan, decodeTile, adjust);
}

export interface StreamDecodeRequest extends TiledDecodeRequest {
  readonly context: GpuContext;
  readonly signal: AbortSignal;
}

/**
 * Decodes on the device, as chosen, and yields frames as they are done: the weights and one program for all tiles are held until
 * the last frame was taken, or the caller stops taking.
 *
 * @yields [1, 3, n, H', W'], about -1 to 1
 */
export async function* streamDecode(asked: StreamDecodeRequest): AsyncGenerator<VideoChunk> {
  const request = await throughWholeFrames(asked);
  const { context, read, choice, latents, signal, input } = request;
  const parameters = new ParameterStore(context, read);
  try {
    if (choice.first !== undefined) {
      yield* decodeParts(request, { ...choice, first: choice.first }, parameters);
      return;
    }
    const size = latentSize(latents.shape);
    const decoder = await openTileDecoder({ ...request, latents: size, program: choice.program, parameters, signal, input });
    try {
      yield* decodeInTiles(request, decoder.decode);
    } finally {
      decoder.destroy();
    }
  } finally {
    parameters.destroy();
  }
}

/** A request whose tiles are of what its `input` is. */
interface TileRequest extends StreamDecodeRequest {
  readonly input: 'latents' | 'states';
}

/** Where whole frames go through a part of the decoder first, what comes of them takes the place of the latents. */
async function throughWholeFrames(request: StreamDecodeRequest): Promise<TileRequest> {
  const { context, read, choice, latents, signal } = request;
  const { wholeFrames } = choice;
  if (wholeFrames === undefined) return { ...request, input: 'latents' };
  const whole = { context, read, choice: wholeFrames, input: 'latents', output: 'states', signal };
  return { ...request, latents: await runWholeFrames(whole, latentFrames(latents)), input: 'states' };
}

/** Decodes part by part in time: frames as they are done, or where the picture has tiles, all of each tile's first. */
async function* decodeParts(
  request: TileRequest,
  choice: TilingChoice & { readonly first: Program },
  parameters: ParameterStore,
): AsyncGenerator<VideoChunk> {
  const { context, latents, signal, input } = request;
  const runner = await openPartRunner({ context, choice, parameters, input, output: 'sample', signal });
  try {
    const { frames, rows, columns } = latentSize(latents.shape);
    if (choice.tile.frames >= frames && choice.tile.rows >= rows && choice.tile.columns >= columns) {
      let firstFrame = 0;
      for await (const video of runner.run(latentFrames(latents))) {
        yield { firstFrame, video };
        firstFrame += video.shape[2];
      }
      return;
    }
    yield* decodeInTiles(request, (tile) => runWhole(runner, latentFrames(tile)));
  } finally {
    runner.destroy();
  }
}

/** All chunks as one video. Where memory counts, use them one at a time. */
export async function collectChunks(chunks: AsyncIterable<VideoChunk>, whole: Video['shape']): Promise<Video> {
  const [batch, channels, frames, rows, columns] = whole;
  const data = new Float32Array(batch * channels * frames * rows * columns);
  const size = rows * columns;
  for await (const { firstFrame, video } of chunks) {
    const count = video.shape[2] * size;
    for (let plane = 0; plane < batch * channels; plane++) {
      data.set(video.data.subarray(plane * count, (plane + 1) * count), (plane * frames + firstFrame) * size);
    }
  }
  return { shape: whole, data };
}

/** [B, 3, F', H', W'] of what latents decode to. */
export function decodedShape(vae: Pick<VideoVae, 'ratios'>, latents: Video): Video['shape'] {
  return pixelShapeOfLatents(vae, latents.shape);
}

/** Gives the frames of a chunk to a writer. */
export async function addChunk(writer: VideoWriter, { firstFrame, video }: VideoChunk): Promise<void> {
  const [, , frames, height, width] = video.shape;
  for (let frame = 0; frame < frames; frame++) {
    await writer.addFrame(frameToRgba(video.data, { layout: 'CFHW', frames, height, width }, frame), firstFrame + frame);
  }
}
