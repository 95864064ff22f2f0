import { z } from 'zod';
import { conditioningItemSchema, placeConditions, scaleNoise, type PlacedItem, type TokenSequence } from '../../diffusion';
import { cropVideo, type VideoShape } from '../../models';
import { nodeKind, type NodeKind } from '../dag';
import type { VideoMachine } from '../video-machine';
import { elementsOf, videoOf, videoShapeSchema } from './video-value';

const count = z.int().min(0);

/** An item, and which of the inputs it takes its latents (or a range of their frames) and its noise from. */
const placedSchema = z.strictObject({
  item: conditioningItemSchema,
  input: count,
  frames: z.tuple([count, count]).optional(),
  noise: count.optional(),
});

/** How the tokens of a run are laid out. */
export const layoutSchema = z.strictObject({
  /** Of the video's latents. */
  latentShape: videoShapeSchema,
  /** Shapes of the latents that items are made of. */
  inputs: z.array(videoShapeSchema),
  items: z.array(placedSchema),
  frameRate: z.number().positive(),
  /** Whether tokens are placed as a grid (`LTXPipeline`) or each by its coordinates (`LTXConditionPipeline`, extra tokens). */
  positions: z.enum(['grid', 'coordinates']),
  extraTokens: z.enum(['front', 'end']),
  causalKeyframes: z.boolean().optional(),
});
export type TokenLayout = z.output<typeof layoutSchema>;

/** The tokens of a layout. Positions and strengths depend on the layout alone, so that a plan may ask with zeros. */
export function layTokens(
  machine: Pick<VideoMachine, 'grid'>,
  layout: TokenLayout,
  values?: {
    readonly start: Float32Array;
    readonly latents: readonly Float32Array[];
    readonly noise: readonly Float32Array[];
    readonly noised?: { readonly noise: Float32Array; readonly sigma: number };
  },
): TokenSequence {
  const { latentShape, inputs, frameRate, extraTokens, causalKeyframes } = layout;
  const zeros = (shape: VideoShape): Float32Array => new Float32Array(elementsOf(shape));
  const items = layout.items.map(({ item, input, frames, noise }): PlacedItem => {
    const whole = { shape: inputs[input], data: values?.latents[input] ?? zeros(inputs[input]) };
    const latents = frames === undefined ? whole : cropVideo(whole, { frames });
    if (noise === undefined) return { item, latents };
    return { item, latents, noise: values?.noise[noise] ?? zeros(latents.shape) };
  });
  return placeConditions({
    start: { shape: latentShape, data: values?.start ?? zeros(latentShape) },
    items,
    grid: { ...machine.grid, frameRate },
    extraTokens,
    ...(causalKeyframes === undefined ? {} : { causalKeyframes }),
    ...(values?.noised === undefined ? {} : { noised: values.noised }),
  });
}

const settings = z.strictObject({
  layout: layoutSchema,
  /** Noise level that given latents are brought to: what a video is refined from. */
  sigma: z.number().min(0).max(1).optional(),
  /** Whether given latents are noised as little as those that are refined (LTX-2). */
  noisesConditions: z.boolean().default(false),
});

/**
 * Sets conditions among the tokens of a video. Inputs: `noise`; `given`, latents to refine; `latents` of the conditions; `itemNoise`.
 * Outputs: `tokens` [1, N, C] that denoising begins with, `given` [1, N, C], `strengths` [N].
 */
export function placeConditionsKind(machine: VideoMachine): NodeKind {
  return nodeKind({
    name: 'place-conditions',
    version: 1,
    outputs: ['tokens', 'given', 'strengths'],
    keep: 'never',
    settings,
    async run(inputs, { settings: { layout, sigma, noisesConditions } }) {
      const noise = inputs.tensor('noise').data;
      const refined = inputs.optionalTensor('given');
      const start = refined === undefined || sigma === undefined ? noise : scaleNoise(refined.data, sigma, noise);
      const latents = inputs.tensors('latents').map((value) => videoOf(value).data);
      const itemNoise = inputs.tensors('itemNoise').map(({ data }) => data);
      const { tokens, given, strengths } = layTokens(machine, layout, {
        start,
        latents,
        noise: itemNoise,
        ...(sigma === undefined || !noisesConditions ? {} : { noised: { noise, sigma } }),
      });
      const shape = [1, strengths.length, tokens.length / strengths.length];
      return {
        tokens: { shape, data: tokens },
        given: { shape, data: given },
        strengths: { shape: [strengths.length], data: strengths },
      };
    },
  });
}
