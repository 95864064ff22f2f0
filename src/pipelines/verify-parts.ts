import { AiprodError } from '../errors';
import { type Comparison, floatInput } from '../golden';
import type { GraphRunner, ModelCase, Video } from '../models';
import type { NoisePurpose, NoiseSource } from './noise';

export interface VerifyOptions {
  /** Storage type of weights and activations. Default f32. */
  readonly dtype?: 'f32' | 'f16';
}

/** Computes what a reference case about a pipeline holds. */
export type Recipe = (golden: ModelCase, run: GraphRunner, options: VerifyOptions) => Promise<Comparison[]>;

/** By what a draw is known. */
export const drawKey = (purpose: NoisePurpose, index: number): string => `${purpose} ${index}`;

/** The draws of a case: some in an order that is known beforehand, the others as they are asked for; or what it starts with. */
export function recordedNoise(golden: ModelCase, order: readonly string[], start: () => Float32Array): NoiseSource {
  let next = order.length;
  return (purpose, index, count) => {
    if (purpose === 'latents' && !order.includes(drawKey(purpose, index))) return start();
    const known = order.indexOf(drawKey(purpose, index));
    const name = `noise.${known === -1 ? next++ : known}`;
    const { data, shape } = floatInput(golden, name);
    if (data.length === count) return data;
    throw new AiprodError('shape-mismatch', `${name} is not the noise that the pipeline draws here`, {
      where: golden.name,
      expected: `${count} numbers for ${purpose}`,
      found: `[${shape.join(', ')}]`,
    });
  };
}

/** The prompt's tensor, after the negative prompt's where both are used. */
export function prompts(golden: ModelCase, name: string, batch: number): Float32Array {
  const { data } = floatInput(golden, name);
  if (batch === 1) return data;
  const result = new Float32Array(2 * data.length);
  result.set(floatInput(golden, `negative_${name}`).data);
  result.set(data, data.length);
  return result;
}

/** Pixels 0 to 1, an image [1, 3, H, W] or a video [F, 3, H, W], as a video [1, 3, F, H, W] of -1 to 1. */
export function pixelInput(golden: ModelCase, name: string, kind: 'image' | 'video'): Video {
  const { data, shape } = floatInput(golden, name);
  const [frames, channels, height, width] = shape;
  if (shape.length !== 4 || (kind === 'image' && frames !== 1)) {
    throw new AiprodError('bad-input', `input ${name} is no ${kind}`, {
      where: golden.name,
      expected: kind === 'image' ? '[1, 3, H, W]' : '[F, 3, H, W]',
      found: `[${shape.join(', ')}]`,
    });
  }
  const scaled = data.map((value) => Math.fround(2 * value) - 1);
  return { shape: [1, channels, frames, height, width], data: swapFirstAxes(scaled, frames, channels) };
}

/** Frames as the reference returns them: [1, F, 3, H, W], 0 to 1. */
export function framesOf({ shape, data }: Video): Float32Array {
  const pixels = data.map((value) => Math.min(1, Math.max(0, Math.fround(value * 0.5) + 0.5)));
  return swapFirstAxes(pixels, shape[1], shape[2]);
}

/** [A, B, ...] to [B, A, ...]. */
function swapFirstAxes(data: Float32Array, a: number, b: number): Float32Array {
  const size = data.length / (a * b);
  const result = new Float32Array(data.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) result.set(data.subarray((i * b + j) * size, (i * b + j + 1) * size), (j * a + i) * size);
  }
  return result;
}
