import { exp, log, pow } from '../../numeric/elementary';
import { linspace } from '../timesteps';
import { betaQuantile } from './beta-quantile';

/**
 * Transformations of a list of sigmas. `round` is what the reference's arithmetic does after every operation: `Math.fround`
 * where it computes in float32 (explicit sigmas or timesteps), the identity where it computes in float64.
 */
export type Rounding = (value: number) => number;

/** `shift s / (1 + (shift - 1) s)`: more of the steps at high noise for shift > 1. Esser et al. 2024, equation 23. */
export function shiftSigma(sigma: number, shift: number, round: Rounding): number {
  const numerator = round(round(shift) * sigma);
  return round(numerator / round(1 + round(round(shift - 1) * sigma)));
}

/** `e^mu / (e^mu + 1/s - 1)`, or with mu itself in place of `e^mu` for the linear type. */
export function timeShiftSigma(sigma: number, mu: number, type: 'exponential' | 'linear', round: Rounding): number {
  const weight = round(type === 'exponential' ? exp(mu) : mu);
  return round(weight / round(weight + round(round(1 / sigma) - 1)));
}

/**
 * Stretches `1 - sigma` so that the last sigma becomes `terminal` (0 to 1), the first stays where it is 1. A last sigma of 1, that of a
 * schedule of one step, has nothing to stretch (the reference divides 0 by 0 there).
 */
export function stretchToTerminal(sigmas: Float64Array, terminal: number, round: Rounding): Float64Array {
  const scale = round(round(1 - sigmas[sigmas.length - 1]) / round(1 - terminal));
  if (scale === 0) return sigmas;
  return sigmas.map((sigma) => round(1 - round(round(1 - sigma) / scale)));
}

/** Evenly spaced in `sigma^(1/7)` between the first and the last. Karras et al. 2022, equation 5. */
export function karrasSigmas(sigmas: Float64Array): Float64Array {
  const rho = 7;
  const low = pow(sigmas[sigmas.length - 1], 1 / rho);
  const high = pow(sigmas[0], 1 / rho);
  return linspace(0, 1, sigmas.length).map((ramp) => pow(high + ramp * (low - high), rho));
}

/** Evenly spaced in log sigma between the first and the last. */
export function exponentialSigmas(sigmas: Float64Array): Float64Array {
  return linspace(log(sigmas[0]), log(sigmas[sigmas.length - 1]), sigmas.length).map(exp);
}

/** Quantiles of Beta(0.6, 0.6) between the last and the first. Lee et al., "Beta Sampling is All You Need", 2024. */
export function betaSigmas(sigmas: Float64Array): Float64Array {
  const low = sigmas[sigmas.length - 1];
  const range = sigmas[0] - low;
  return linspace(0, 1, sigmas.length).map((ramp) => low + betaQuantile(1 - ramp, 0.6) * range);
}
