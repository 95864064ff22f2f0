import { meanAndStd } from '../statistics';

const fround = Math.fround;

/**
 * Guidance formulas on predictions [B, ...] of equal length, in f32 in the reference's order of operations. `batch` is B:
 * statistics and projections are taken over all other axes together. c and u are the conditional and the unconditional
 * prediction.
 */

/**
 * Classifier-free guidance: `u + scale (c - u)` (Saharia et al., "Imagen", 2022), or `c + scale (c - u)` in the original
 * formulation (Ho and Salimans 2022), where scale 0 means no guidance.
 */
export function classifierFreeGuidance(c: Float32Array, u: Float32Array, scale: number, original = false): Float32Array {
  return guideAway(original ? c : u, c, u, scale);
}

/** `base + scale (c - worse)`: away from a worse prediction. */
export function guideAway(base: Float32Array, c: Float32Array, worse: Float32Array, scale: number): Float32Array {
  const weight = fround(scale);
  return base.map((value, i) => value + fround(weight * fround(c[i] - worse[i])));
}

/**
 * Rescaled guidance: `phi * guided * std(c) / std(guided) + (1 - phi) * guided` with unbiased standard deviations, against
 * overexposure. Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed", 2023, section 3.4.
 *
 * @param phi 0 (unchanged) to 1 (fully rescaled)
 */
export function rescaleGuidance(guided: Float32Array, c: Float32Array, phi: number, batch: number): Float32Array {
  const result = new Float32Array(guided.length);
  const size = guided.length / batch;
  const keep = fround(1 - phi);
  for (let start = 0; start < guided.length; start += size) {
    const ratio = fround(meanAndStd(c, start, start + size).std / meanAndStd(guided, start, start + size).std);
    for (let i = start; i < start + size; i++) {
      result[i] = fround(fround(phi) * fround(guided[i] * ratio)) + fround(keep * guided[i]);
    }
  }
  return result;
}

/** Sum of `a b` over a range, in doubles. */
function dot(a: Float32Array, b: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += a[i] * b[i];
  return sum;
}

/** How {@link projectUpdate} shapes `c - u`. */
export interface ProjectionOptions {
  /** Weight of the part parallel to c; 1 keeps it, 0 drops it (less saturation). */
  eta: number;
  /** Upper bound of the update's norm; 0 for none. */
  normThreshold: number;
}

/**
 * The update of adaptive projected guidance: bounded in norm, then `orthogonal + eta * parallel` with respect to c.
 * Sadat et al., "Eliminating Oversaturation and Artifacts of High Guidance Scales", 2024, algorithm 1.
 */
export function projectUpdate(update: Float32Array, c: Float32Array, options: ProjectionOptions, batch: number): Float32Array {
  const result = new Float32Array(update.length);
  const size = update.length / batch;
  for (let start = 0; start < update.length; start += size) {
    const end = start + size;
    const norm = fround(Math.sqrt(dot(update, update, start, end)));
    const bound = options.normThreshold > 0 ? Math.min(1, fround(options.normThreshold / norm)) : 1;
    const bounded = update.slice(start, end).map((value) => value * bound);
    const length = Math.max(Math.sqrt(dot(c, c, start, end)), 1e-12);
    const along = dot(bounded, c.subarray(start, end), 0, size) / length;
    for (let i = start; i < end; i++) {
      const parallel = (along * c[i]) / length;
      result[i] = fround(bounded[i - start] - parallel) + fround(fround(options.eta) * fround(parallel));
    }
  }
  return result;
}

/**
 * CFG-Zero*: u scaled by its least-squares fit to c, `s = (c . u) / (u . u + 1e-8)`, before guidance.
 * Fan et al., "CFG-Zero*: Improved Classifier-Free Guidance for Flow Matching Models", 2025, equation 7.
 */
export function fitUnconditional(c: Float32Array, u: Float32Array, batch: number): Float32Array {
  const result = new Float32Array(u.length);
  const size = u.length / batch;
  for (let start = 0; start < u.length; start += size) {
    const end = start + size;
    const scale = fround(fround(dot(c, u, start, end)) / fround(fround(dot(u, u, start, end)) + fround(1e-8)));
    for (let i = start; i < end; i++) result[i] = u[i] * scale;
  }
  return result;
}

/**
 * Tangential damping: u projected on the first right singular vector of the two rows (c, u), which drops what points away
 * from both. Kwon et al., "TCFG: Tangential Damping Classifier-free Guidance", 2025. The vector is `(a c + b u)` normalised, with
 * (a, b) the leading eigenvector of the 2 x 2 Gram matrix, in doubles.
 */
export function dampTangential(c: Float32Array, u: Float32Array, batch: number): Float32Array {
  const result = new Float32Array(u.length);
  const size = u.length / batch;
  for (let start = 0; start < u.length; start += size) {
    const end = start + size;
    const cc = dot(c, c, start, end);
    const cu = dot(c, u, start, end);
    const uu = dot(u, u, start, end);
    const spread = Math.sqrt((cc - uu) ** 2 + 4 * cu * cu);
    const largest = 0.5 * (cc + uu + spread);
    // Of the two equal forms of the eigenvector, the one without cancellation.
    const [a, b] = cc >= uu ? [0.5 * (cc - uu + spread), cu] : [cu, 0.5 * (uu - cc + spread)];
    const length = a * a + b * b;
    // v = (a c + b u) / sqrt(largest * length), and (u . v) v:
    const along = length * largest === 0 ? 0 : (a * cu + b * uu) / (largest * length);
    for (let i = start; i < end; i++) result[i] = along * (a * c[i] + b * u[i]);
  }
  return result;
}
