import type { GpuContext } from '../../gpu';
import { ParameterStore, ProgramInstance, type ParameterReader, type Program } from '../../graph';
import { cropVideo, isCarried, joinVideos, type Video } from '../../models';
import { videoOf } from '../nodes/video-value';
import { runForFloats } from '../program-run';
import type { Parts } from './choose-tiling';

export interface PartRunnerOptions {
  readonly context: GpuContext;
  readonly choice: { readonly first: Program; readonly program: Program };
  /** Holds the weights; freed by the caller. */
  readonly parameters: ParameterStore;
  /** Names of what goes in and comes out. */
  readonly input: string;
  readonly output: string;
  readonly signal: AbortSignal;
}

/** Half of a VAE on the device that goes through a video part by part. */
export interface PartRunner {
  /** Runs the parts of one video, or tile of one, in their order. What layers saw of a part stays on the device for the next. */
  run(parts: readonly Video[]): AsyncGenerator<Video>;
  /** Frees the programs' buffers. */
  destroy(): void;
}

/** Loads what both programs need onto the device. Memory does not depend on how many parts there are. */
export async function openPartRunner({ context, choice, parameters, input, output, signal }: PartRunnerOptions): Promise<PartRunner> {
  const options = { onDevice: isCarried };
  const first = await ProgramInstance.create(choice.first, context, parameters, options);
  try {
    const later = await ProgramInstance.create(choice.program, context, parameters, options);
    return {
      async *run(parts) {
        let before: ProgramInstance | undefined;
        for (const { data } of parts) {
          const instance = before === undefined ? first : later;
          if (before !== undefined) instance.takeFrom(before);
          yield videoOf(await runForFloats(instance, { [input]: data }, output, signal));
          before = instance;
        }
      },
      destroy() {
        first.destroy();
        later.destroy();
      },
    };
  } catch (error) {
    first.destroy();
    throw error;
  }
}

/** Runs all parts of a video, or of a tile of one, and joins what comes of them along time. */
export async function runWhole(runner: PartRunner, parts: readonly Video[]): Promise<Video> {
  const made: Video[] = [];
  for await (const video of runner.run(parts)) made.push(video);
  return joinVideos(made, 2);
}

export interface WholeFramesRequest extends Omit<PartRunnerOptions, 'choice' | 'parameters'> {
  readonly choice: Parts;
  /** Reads weights of the VAE. */
  readonly read: ParameterReader;
}

/** All parts of a video through what goes through whole frames; its weights are held meanwhile only. */
export async function runWholeFrames({ choice, read, ...request }: WholeFramesRequest, parts: readonly Video[]): Promise<Video> {
  const { context, input, output, signal } = request;
  const parameters = new ParameterStore(context, read);
  try {
    if (choice.first === undefined) {
      const instance = await ProgramInstance.create(choice.program, context, parameters);
      try {
        return videoOf(await runForFloats(instance, { [input]: joinVideos(parts, 2).data }, output, signal));
      } finally {
        instance.destroy();
      }
    }
    const runner = await openPartRunner({ ...request, choice: { first: choice.first, program: choice.program }, parameters });
    try {
      return await runWhole(runner, parts);
    } finally {
      runner.destroy();
    }
  } finally {
    parameters.destroy();
  }
}

/** Latent frame by latent frame. */
export function latentFrames(latents: Video): Video[] {
  return Array.from({ length: latents.shape[2] }, (_, frame) => cropVideo(latents, { frames: [frame, frame + 1] }));
}
