import { randomNormal } from '../numeric/random';

/** Which stream of a job's seed a draw of noise comes from, so that no two draws share numbers. */
export const noiseStreams = {
  latents: 0,
  decode: 1,
  decoderLayers: 2,
  steps: 1000,
  posterior: 1_000_000,
  keyframe: 2_000_000,
  secondStage: 3_000_000,
  audio: 4_000_000,
} as const;

/** What a draw of noise is for. */
export type NoisePurpose = keyof typeof noiseStreams;

/**
 * Standard normal numbers of a run. A draw depends on its purpose and index (the step, the condition) alone, so that a run can
 * be repeated, or gone on with from any step.
 */
export type NoiseSource = (purpose: NoisePurpose, index: number, count: number) => Float32Array;

/** The noise of a seed. */
export function seededNoise(seed: bigint | number): NoiseSource {
  return (purpose, index, count) => randomNormal(seed, noiseStreams[purpose] + index, count);
}
