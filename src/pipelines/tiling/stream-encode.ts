import type { GpuContext } from '../../gpu';
import { ParameterStore, ProgramInstance, type ParameterReader } from '../../graph';
import { cropVideo, type Video } from '../../models';
import { videoOf } from '../nodes/video-value';
import { runForFloats } from '../program-run';
import type { VideoVae } from '../video-vae';
import type { TilingChoice } from './choose-tiling';
import type { VideoChunk } from './compose-tiles';
import { encodeFrames } from './encode-frames';
import { latentFrames, openPartRunner, runWhole, runWholeFrames } from './part-runner';
import { evenSpans, planEncode, type LatentSize } from './tile-plan';

export interface StreamEncodeRequest {
  readonly context: GpuContext;
  readonly vae: VideoVae;
  /** Of direction `encode`. */
  readonly choice: TilingChoice;
  /** Size of all latents that come out. */
  readonly latents: LatentSize;
  /** Pieces [1, 3, n, H, W], -1 to 1, in order. */
  readonly source: AsyncIterable<Video>;
  /** Reads weights of the VAE. */
  readonly read: ParameterReader;
  readonly signal: AbortSignal;
}

/**
 * Encodes on the device, as chosen, and yields moments [1, 2 C, n', H', W'] as they are done: frames are taken from the source as they
 * are needed and let go.
 */
export async function* streamEncode(request: StreamEncodeRequest): AsyncGenerator<VideoChunk> {
  const { context, choice, read, signal } = request;
  const { wholeFrames } = choice;
  if (wholeFrames === undefined) {
    yield* encodeTiles(request, 'moments');
    return;
  }
  const parts: Video[] = [];
  for await (const { video } of encodeTiles(request, 'states')) parts.push(...latentFrames(video));
  const whole = { context, read, choice: wholeFrames, input: 'states', output: 'moments', signal };
  yield { firstFrame: 0, video: await runWholeFrames(whole, parts) };
}

/** What tiles of pixels go through: all of the encoder, or what comes before whole frames. */
async function* encodeTiles(request: StreamEncodeRequest, output: 'moments' | 'states'): AsyncGenerator<VideoChunk> {
  const { context, vae, choice, latents, source, read, signal } = request;
  const plan = planEncode(vae, evenSpans(latents, choice.tile, choice.overlap), choice.blend);
  const parameters = new ParameterStore(context, read);
  try {
    if (choice.first !== undefined) {
      const runner = await openPartRunner({
        context,
        choice: { program: choice.program, first: choice.first },
        parameters,
        input: 'video',
        output,
        signal,
      });
      try {
        yield* encodeFrames(vae, source, plan, (tile) => runWhole(runner, partsOf(tile, vae.ratios.temporal)));
      } finally {
        runner.destroy();
      }
      return;
    }
    const encoder = await ProgramInstance.create(choice.program, context, parameters);
    try {
      yield* encodeFrames(vae, source, plan, async ({ data }) => videoOf(await runForFloats(encoder, { video: data }, output, signal)));
    } finally {
      encoder.destroy();
    }
  } finally {
    parameters.destroy();
  }
}

/** The first frame, then as many at a time as one latent frame stands for. */
function partsOf(video: Video, temporal: number): Video[] {
  const later = Array.from({ length: (video.shape[2] - 1) / temporal }, (_, k) =>
    cropVideo(video, { frames: [1 + k * temporal, 1 + (k + 1) * temporal] }),
  );
  return [cropVideo(video, { frames: [0, 1] }), ...later];
}
