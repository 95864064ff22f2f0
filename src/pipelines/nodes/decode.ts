import { z } from 'zod';
import type { Waveform } from '../../audio';
import { AiprodError } from '../../errors';
import { joinVideos, type Video, type VideoShape } from '../../models';
import { nodeKind, type NodeKind, type TensorValue } from '../dag';
import { decodeLatentChunks } from '../latent-codec';
import type { VideoMachine } from '../video-machine';
import { tilingSchema, type VideoChunk } from '../tiling';
import { waveformOfTensor } from './sound-value';
import { identitySchema, videoOf, videoShapeSchema } from './video-value';

const settings = z.strictObject({
  seed: z.int().min(0),
  /** Of the latents. */
  shape: videoShapeSchema,
  /** For timestep-conditioned decoders: 0 to 1. */
  timestep: z.number().min(0).max(1),
  /** Share of noise in the latents, 0 to 1. */
  noiseScale: z.number().min(0).max(1),
  /** What was asked for; how it is done depends on the memory too. */
  tiling: tilingSchema.default('auto'),
  model: identitySchema,
});

/** Samples a second of a sound that is written beside the frames. Default: what the model makes. */
const soundRate = z.int().positive().optional();

export { settings as decodeSettings };

/** `latents` in the model's units to `video` [1, 3, F, H, W], about -1 to 1. */
export function decodeKind(machine: VideoMachine): NodeKind {
  return nodeKind({
    name: 'decode',
    version: 2,
    outputs: ['video'],
    keep: 'memory',
    settings,
    estimate: ({ shape }) => machine.estimates?.decode(shape) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { settings: decoding, signal, progress }) {
      const parts: Video[] = [];
      const latents = videoOf(inputs.tensor('latents'));
      await decodeEach(machine, latents, decoding, signal, progress, async ({ video }) => void parts.push(video));
      return { video: parts.length === 1 ? parts[0] : joinVideos(parts, 2) };
    },
  });
}

/** Takes a video as it is made. */
export interface FrameSink {
  add(chunk: VideoChunk): Promise<void>;
  /** The video is whole. */
  finish(): Promise<void>;
  /** Leaves nothing behind. May be called at any time and more than once. */
  abort(): Promise<void>;
}

/** Opens a target that the caller named, for a video [1, 3, F, H, W] and its sound, where it has one. */
export type OpenFrameSink = (target: string, shape: VideoShape, sound?: Waveform) => Promise<FrameSink>;

/**
 * `latents` and `audio` to targets: frames go to every one of them as they are done and are let go, so that no more of the video is held than a
 * tile in time.
 */
export function decodeToKind(machine: VideoMachine, open: OpenFrameSink | undefined): NodeKind {
  return nodeKind({
    name: 'decode-to',
    version: 1,
    outputs: ['written'],
    keep: 'never',
    settings: settings.extend({ targets: z.array(z.string()).min(1), soundRate }),
    estimate: ({ shape }) => machine.estimates?.decode(shape) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { settings: { targets, soundRate: rate, ...decoding }, signal, progress }) {
      if (open === undefined) throw new AiprodError('internal', 'there is nothing to write frames with');
      const latents = videoOf(inputs.tensor('latents'));
      const [batch, , frames, rows, columns] = latents.shape;
      const { spatial, temporal } = machine.grid.ratios;
      const shape = [batch, 3, (frames - 1) * temporal + 1, rows * spatial, columns * spatial] as const;
      await withSinks(
        targets,
        (target) => open(target, shape, waveformOf(machine, inputs.optionalTensor('audio'), rate)),
        (add) => decodeEach(machine, latents, decoding, signal, progress, add),
      );
      return { written: targets };
    },
  });
}

/** Sound [channels, samples] as it is written; undefined where there is none. */
export function waveformOf(
  machine: Pick<VideoMachine, 'audio'>,
  audio: TensorValue | undefined,
  sampleRate: number | undefined = machine.audio?.sampleRate,
): Waveform | undefined {
  return audio === undefined || sampleRate === undefined ? undefined : waveformOfTensor(audio, sampleRate);
}

/** Opens every target, gives all of them what `body` adds, and finishes them; when anything fails, all are aborted. */
export async function withSinks(
  targets: readonly string[],
  open: (target: string) => Promise<FrameSink>,
  body: (add: (chunk: VideoChunk) => Promise<void>) => Promise<void>,
): Promise<void> {
  const sinks: FrameSink[] = [];
  try {
    for (const target of targets) sinks.push(await open(target));
    await body(async (chunk) => {
      for (const sink of sinks) await sink.add(chunk);
    });
    for (const sink of sinks) await sink.finish();
  } catch (error) {
    for (const sink of sinks) await sink.abort();
    throw error;
  }
}

/** Decodes and hands over frames as they are done. */
async function decodeEach(
  machine: VideoMachine,
  latents: Video,
  { seed, timestep, noiseScale }: z.output<typeof settings>,
  signal: AbortSignal,
  progress: (step: number, steps: number) => void,
  take: (chunk: VideoChunk) => Promise<void>,
): Promise<void> {
  const steps = (latents.shape[2] - 1) * machine.grid.ratios.temporal + 1;
  const noise = machine.noise(seed);
  progress(0, steps);
  await machine.withAutoencoder(seed, signal, async (vae) => {
    const chunks = decodeLatentChunks(vae, latents, { timestep, noiseScale }, (count) => noise('decode', 0, count));
    for await (const chunk of chunks) {
      await take(chunk);
      progress(chunk.firstFrame + chunk.video.shape[2], steps);
    }
  });
}
