import { AiprodError } from '../../errors';
import { expm1, log } from '../../numeric/elementary';
import { meanAndStd } from '../statistics';
import { levelAt, levelOf, type Solver } from './solver';

/** Options of {@link res2sSolver}. */
export interface Res2sOptions {
  /** Share of a step's noise that is fresh, 0 (deterministic) to 1. */
  readonly eta: number;
  /** The same at the midpoint. */
  readonly midpointEta: number;
  /** Rounds in which short steps are fitted to their noised midpoint; 0 for none. */
  readonly anchorIterations: number;
}

/** Where the midpoint is, as a share of the step in log sigma. */
const c2 = 0.5;

/** A step to 0 goes here first, then takes the clean prediction: the exponential integrator needs a finite step in log sigma. */
const lastSigma = 0.0011;

/** The anchor is fitted in steps shorter than this in log sigma, above this sigma. */
const anchorStep = 0.5;
const anchorSigma = 0.03;

/** `phi_1(z) = (e^z - 1) / z` and `phi_2(z) = (e^z - 1 - z) / z^2`; by their series near 0, where these cancel. */
export function phi(order: 1 | 2, z: number): number {
  if (Math.abs(z) < 0.1) {
    // sum of z^k / (k + order)!
    let term = order === 1 ? 1 : 0.5;
    let sum = 0;
    for (let k = 1; k <= 12; k++) {
      sum += term;
      term *= z / (k + order);
    }
    return sum;
  }
  return order === 1 ? expm1(z) / z : (expm1(z) - z) / (z * z);
}

/** A draw of exactly mean 0 and standard deviation 1 in each of its parts. */
function standardised(noise: Float32Array, parts: readonly number[]): Float64Array<ArrayBuffer> {
  const result = Float64Array.from(noise);
  let start = 0;
  for (const length of parts) {
    const { mean, std } = meanAndStd(noise, start, start + length);
    for (const end = start + length; start < end; start++) result[start] = (noise[start] - mean) / std;
  }
  return result;
}

/**
 * Adds fresh noise to what a step arrived at, keeping the noise level: less signal is left, as much noise is there.
 * @param noise of mean 0 and standard deviation 1
 */
function renoise(
  from: Float64Array<ArrayBuffer>,
  arrived: Float64Array<ArrayBuffer>,
  sigma: number,
  sigmaNext: number,
  eta: number,
  noise: Float64Array,
): Float64Array<ArrayBuffer> {
  const up = Math.min(sigmaNext * eta, sigmaNext * 0.9999);
  const residual = Math.sqrt(sigmaNext * sigmaNext - up * up);
  const ratio = 1 - sigmaNext + residual;
  const down = residual / ratio;
  return arrived.map((x, i) => {
    const slope = (from[i] - x) / (sigma - sigmaNext);
    return ratio * (from[i] - sigma * slope + down * slope) + up * noise[i];
  });
}

/**
 * RES 2S: an exponential Runge-Kutta step of second order in log sigma, with the clean prediction D as what changes slowly
 * (`dx / d log sigma = x - D`): for h = log(sigma / sigma'),
 *
 *     midpoint = x + h a21 (D(x) - x),                a21 = c2 phi_1(-c2 h),  sigma_mid = sqrt(sigma sigma')
 *     x'       = x + h (b1 (D(x) - x) + b2 (D(midpoint) - x)),   b2 = phi_2(-h) / c2,  b1 = phi_1(-h) - b2
 *
 * Zhang et al., "Improved Order Analysis and Design of Exponential Integrator for Diffusion Models Sampling", 2024, table 2; as
 * `res2s_audio_video_denoising_loop` of LTX-2's HQ pipeline has it, with its fresh noise (normalised in each part of the sample, at the midpoint and at
 * the end) and its fitting of the step's start to the noised midpoint. A step takes two evaluations, the step to 0 a third.
 */
export function res2sSolver(options: Res2sOptions): Solver {
  const { eta, midpointEta, anchorIterations } = options;
  return {
    name: 'res-2s',
    evaluations: (schedule, index) => (schedule.sigmas[index + 1] === 0 ? 3 : 2),
    async step({ schedule, index, sample, predict, noise, parts = [sample.length] }) {
      const fresh = (draw: number): Float64Array<ArrayBuffer> => standardised(noise(draw), parts);
      const first = levelAt(schedule, index);
      const { sigma } = first;
      const toZero = schedule.sigmas[index + 1] === 0;
      const sigmaNext = toZero ? lastSigma : schedule.sigmas[index + 1];
      if (!(sigmaNext < sigma)) {
        throw new AiprodError('bad-usage', 'the res-2s solver needs falling sigmas', {
          expected: `a sigma above ${sigmaNext} before it`,
          found: String(sigma),
        });
      }
      const h = log(sigma / sigmaNext);
      const middle = levelOf(Math.sqrt(sigma * sigmaNext));
      const w = h * c2 * phi(1, -c2 * h);
      const b2 = phi(2, -h) / c2;
      const b1 = phi(1, -h) - b2;

      const velocity = await predict(sample, first);
      const clean = Float64Array.from(sample, (x, i) => x - sigma * velocity[i]);
      let anchor = Float64Array.from(sample);
      let midpoint = anchor.map((x, i) => x + w * (clean[i] - x));
      if (midpointEta > 0) midpoint = renoise(anchor, midpoint, sigma, middle.sigma, midpointEta, fresh(0));
      if (anchorIterations > 0 && h < anchorStep && sigma > anchorSigma) {
        // anchor <- midpoint - w (clean - anchor), as often as asked for, in closed form.
        const decay = w ** anchorIterations;
        anchor = anchor.map((x, i) => decay * x + ((1 - decay) * (midpoint[i] - w * clean[i])) / (1 - w));
      }

      const shown = Float32Array.from(midpoint);
      const velocityMiddle = await predict(shown, middle);
      let next = anchor.map((x, i) => x + h * (b1 * (clean[i] - x) + b2 * (shown[i] - middle.sigma * velocityMiddle[i] - x)));
      if (eta > 0) next = renoise(anchor, next, sigma, sigmaNext, eta, fresh(1));
      const arrived = Float32Array.from(next);
      if (!toZero) return { sample: arrived };
      const last = await predict(arrived, levelOf(lastSigma));
      return { sample: arrived.map((x, i) => x - Math.fround(lastSigma) * last[i]) };
    },
  };
}
