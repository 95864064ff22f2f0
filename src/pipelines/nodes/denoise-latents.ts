import { z } from 'zod';
import { AiprodError } from '../../errors';
import {
  combinedGuider,
  coordinateTensor,
  createSolver,
  guidanceSchema,
  guideTokens,
  holdTokens,
  imageConditioningNoise,
  passesOfRun,
  solverSchema,
  tokenStrengths,
  unpackLatents,
  videoTokensOf,
  type Guider,
  type LatentConditioning,
} from '../../diffusion';
import { cropVideo, type LtxPositions, type Video } from '../../models';
import { nodeKind, type NodeKind } from '../dag';
import { denoise, type DenoiseState } from '../denoise';
import type { LtxMachine, TransformerRequest } from '../ltx-machine';
import { decodeState, encodeState } from '../run-state';
import { layoutSchema, layTokens, type TokenLayout } from './place-conditions';
import { identitySchema } from './video-value';

/** Those who watch denoising. */
export interface DenoiseHooks {
  /** After each step, and once before the first with what was done before. `flops` is the arithmetic of one prediction. */
  onStep?(node: string, step: { readonly state: DenoiseState; readonly steps: number; readonly flops: number }): void;
  /** The middle of the clip as it looks now, [1, 3, F, H, W]. */
  onPreview?(node: string, step: number, picture: Video): void;
}

const settings = z.strictObject({
  /** See Schedule of src/diffusion. */
  sigmas: z.array(z.number()),
  timesteps: z.array(z.number()),
  layout: layoutSchema,
  /**
   * What holds given tokens: nothing; as they are (`hold`); each at its own noise level (`strengths`, LTXConditionPipeline); by
   * drawing predictions towards them (`guide`, LTX-2).
   */
  conditioning: z.enum(['none', 'hold', 'strengths', 'guide']),
  /** See imageConditioningNoise. */
  imageNoiseScale: z.number().min(0),
  guidance: guidanceSchema,
  /** Blocks to perturb where a term of guidance does not say which. */
  stgBlocks: z.array(z.int().min(0)),
  solver: solverSchema,
  seed: z.int().min(0),
  model: identitySchema,
});
export { settings as denoiseSettings };
export type DenoiseSettings = z.output<typeof settings>;

/**
 * Noise to latents along a schedule. Inputs: what `place-conditions` and `encode-text` give. Output: `latents` [1, C, F, H, W] of
 * the video in the model's units. Its checkpoint is the state after the latest step.
 */
export function denoiseKind(machine: LtxMachine, hooks: DenoiseHooks): NodeKind {
  return nodeKind({
    name: 'denoise',
    version: 1,
    outputs: ['latents'],
    keep: 'store',
    settings,
    estimate: (own) =>
      machine.estimates?.transformer(transformerRequest(machine, own), own.layout.latentShape) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { name, settings: own, signal, checkpoint, progress }) {
      const { layout, seed } = own;
      const noise = machine.noise(seed);
      const schedule = { sigmas: Float32Array.from(own.sigmas), timesteps: Float32Array.from(own.timesteps) };
      const steps = schedule.timesteps.length;
      const kept = await checkpoint.load();
      const begin: DenoiseState =
        kept === undefined ? { step: 0, latents: inputs.tensor('tokens').data } : await decodeState(kept, `checkpoint of ${name}`);
      const conditioning = conditioningOf(own, inputs.tensor('strengths').data, inputs.tensor('given').data, (step, count) =>
        noise('steps', step, count),
      );
      const states = inputs.tensor('states');
      const text = { prompts: states.shape[0], states: states.data, mask: inputs.tensor('mask').data };
      const request = { ...transformerRequest(machine, own), text, latentShape: layout.latentShape, seed };
      const final =
        begin.step === steps
          ? begin
          : await machine.withTransformer(request, signal, async ({ model, flops, preview }) => {
              progress(begin.step, steps);
              hooks.onStep?.(name, { state: begin, steps, flops });
              return denoise({
                scheduler: machine.scheduler,
                schedule,
                state: begin,
                guidance: guiderOf(own),
                solver: createSolver(own.solver, machine.scheduler),
                model,
                ...(conditioning === undefined ? {} : { conditioning }),
                noise: (step, draw) => noise('steps', step + draw * drawStride, begin.latents.length),
                async onStep(state, denoised) {
                  await checkpoint.save(encodeState(state));
                  hooks.onStep?.(name, { state, steps, flops });
                  progress(state.step, steps);
                  if (preview !== undefined && hooks.onPreview !== undefined && state.step < steps && state.step % preview.every === 0) {
                    const latents = middleFrame(videoLatents(machine, layout, denoised()));
                    hooks.onPreview(name, state.step, await preview.decode(latents));
                  }
                  if (signal.aborted) throw new AiprodError('cancelled', 'the run was cancelled');
                },
              });
            });
      return { latents: videoLatents(machine, layout, final.latents) };
    },
  });
}

/** Draws of one step after its first come from this many steps further on. */
const drawStride = 10_000;

function guiderOf({ guidance, stgBlocks }: DenoiseSettings): Guider {
  return combinedGuider(guidance, { stgBlocks });
}

/** What a node asks of the transformer; known without weights. */
export function transformerRequest(machine: LtxMachine, own: DenoiseSettings): TransformerRequest {
  const schedule = { sigmas: Float32Array.from(own.sigmas), timesteps: Float32Array.from(own.timesteps) };
  return {
    passes: passesOfRun(guiderOf(own), schedule).distinct,
    positions: positionsOf(machine, own.layout),
    timesteps: own.conditioning === 'none' ? 'sample' : 'token',
  };
}

/** Tokens of the video alone stand on a grid; with extra tokens each has its own coordinates. */
function positionsOf(machine: LtxMachine, layout: TokenLayout): LtxPositions {
  const { latentShape, frameRate } = layout;
  const [, , frames, height, width] = latentShape;
  const { patch, ratios } = machine.grid;
  if (layout.positions === 'grid') {
    return {
      frames: frames / patch.patch_size_t,
      height: height / patch.patch_size,
      width: width / patch.patch_size,
      ropeInterpolationScale: [ratios.temporal / frameRate, ratios.spatial, ratios.spatial],
    };
  }
  const coordinates = coordinateTensor(layTokens(machine, layout).coordinates);
  return { coordinates, tokens: coordinates.length / 3 };
}

function conditioningOf(
  { conditioning, imageNoiseScale, layout }: DenoiseSettings,
  strengths: Float32Array,
  given: Float32Array,
  noise: (step: number, count: number) => Float32Array,
): LatentConditioning | undefined {
  // Where nothing is given nothing is drawn either.
  const beforeStep = layout.items.length === 0 ? undefined : imageConditioningNoise(given, strengths, imageNoiseScale, noise);
  switch (conditioning) {
    case 'none':
      return undefined;
    case 'hold':
      return holdTokens(strengths);
    case 'strengths':
      return tokenStrengths(strengths, beforeStep);
    case 'guide':
      return guideTokens(strengths, given, beforeStep);
  }
}

/** The latents of the video [1, C, F, H, W], out of all tokens. */
function videoLatents(machine: LtxMachine, layout: TokenLayout, tokens: Float32Array): Video {
  const { latentShape } = layout;
  const own = videoTokensOf(tokens, layTokens(machine, layout));
  return { shape: latentShape, data: unpackLatents(own, latentShape, machine.grid.patch) };
}

function middleFrame(latents: Video): Video {
  const middle = latents.shape[2] >> 1;
  return cropVideo(latents, { frames: [middle, middle + 1] });
}
