import { z } from 'zod';
import { nodeKind, type NodeKind, type NodeSpec } from '../dag';
import type { VideoMachine } from '../video-machine';
import { elementsOf, shapeSchema } from './video-value';

const purposes = ['latents', 'keyframe', 'secondStage', 'audio'] as const;

const settings = z.strictObject({
  seed: z.int().min(0),
  purpose: z.enum(purposes),
  /** Which of several draws for this purpose. */
  index: z.int().min(0),
  shape: shapeSchema,
});

/** Standard normal numbers of a seed: `noise`, of a shape. */
export function noiseKind(machine: VideoMachine): NodeKind {
  return nodeKind({
    name: 'noise',
    version: 1,
    outputs: ['noise'],
    keep: 'never',
    settings,
    run: async (_, { settings: { seed, purpose, index, shape } }) => ({
      noise: { shape, data: machine.noise(seed)(purpose, index, elementsOf(shape)) },
    }),
  });
}

export function noiseNode(
  name: string,
  own: { seed: number; purpose: (typeof purposes)[number]; index: number; shape: readonly number[] },
): NodeSpec {
  return { name, kind: 'noise', inputs: {}, settings: { ...own, shape: [...own.shape] }, placement: 'cpu' };
}
