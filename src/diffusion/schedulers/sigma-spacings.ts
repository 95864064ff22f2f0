import { z } from 'zod';
import { linearQuadraticSigmas, linspace, pipelineSigmas, requireSteps, trainTimesteps } from '../timesteps';
import { betaSigmas, exponentialSigmas, karrasSigmas } from './sigma-schedules';

/** Training's lowest noise level. */
const lowest = 1 / trainTimesteps;

/** Training's extreme noise levels with `steps` evenly spaced ones from the first to the last. */
const even = (steps: number): Float64Array => linspace(1, lowest, steps);

/** Where `steps` steps begin, from 1 down; the end at 0 is not listed. */
type Spacing = (steps: number) => Float64Array;

const spacings = {
  /** `1` to `1 / steps`, evenly: the LTX pipelines. */
  uniform: pipelineSigmas,
  /** `1` to training's lowest level, evenly. */
  normal: even,
  /** The same with one more level, the last left out (Stability's generative-models). */
  'sgm-uniform': (steps) => even(steps + 1).slice(0, steps),
  /** Every n-th of training's levels. */
  simple: (steps) => Float64Array.from({ length: steps }, (_, i) => 1 - Math.floor((i * trainTimesteps) / steps) / trainTimesteps),
  /** Half the steps linearly near pure noise, the rest quadratically: see {@link linearQuadraticSigmas}. */
  'linear-quadratic': (steps) => Float64Array.from(linearQuadraticSigmas(steps)),
  /** The log signal-to-noise ratio of a cosine schedule: `1 - 1 / (tan(pi u / 2) + 1)` (Esser et al. 2024, section 3.1, CosMap). */
  cosine: (steps) => pipelineSigmas(steps).map(cosineMap),
  /** See {@link karrasSigmas}. */
  karras: (steps) => karrasSigmas(even(steps)),
  /** See {@link exponentialSigmas}. */
  exponential: (steps) => exponentialSigmas(even(steps)),
  /** See {@link betaSigmas}. */
  beta: (steps) => betaSigmas(even(steps)),
} satisfies Readonly<Record<string, Spacing>>;

export type SigmaSpacing = keyof typeof spacings;

/** Names of the spacings, for schemas, menus and help. */
export const sigmaSpacings: readonly SigmaSpacing[] = [
  'uniform',
  'normal',
  'sgm-uniform',
  'simple',
  'linear-quadratic',
  'cosine',
  'karras',
  'exponential',
  'beta',
];

export const sigmaSpacingSchema = z.enum(sigmaSpacings);

/**
 * Unshifted noise levels for a scheduler to be asked for (`schedule({ sigmas })`): it shifts them as its config says.
 * @returns [steps], falling from 1, above 0
 */
export function spacedSigmas(spacing: SigmaSpacing, steps: number): Float64Array {
  return steps === 1 ? Float64Array.of(1) : spacings[spacing](requireSteps(steps));
}

/** `1 - 1 / (tan(pi u / 2) + 1) = tan / (tan + 1)`, by sine and cosine so that u = 1 gives 1. */
function cosineMap(u: number): number {
  const [sine, cosine] = sineAndCosine((u * Math.PI) / 2);
  return sine / (sine + cosine);
}

/** Sine and cosine of 0 to pi / 2 by their series: the engine's may differ in the last bit between machines. */
function sineAndCosine(angle: number): [sine: number, cosine: number] {
  if (angle > Math.PI / 4) {
    const [cosine, sine] = sineAndCosine(Math.PI / 2 - angle);
    return [sine, cosine];
  }
  const square = angle * angle;
  let sine = 0;
  let cosine = 0;
  for (let n = 10; n >= 0; n--) {
    cosine = 1 - (square * cosine) / ((2 * n + 1) * (2 * n + 2));
    sine = 1 - (square * sine) / ((2 * n + 2) * (2 * n + 3));
  }
  return [angle * sine, cosine];
}
