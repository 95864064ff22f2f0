/** How varied a set is. */
import { SIGNATURE_FRAMES, type ClipSignature } from './clip-signature';
import { WHOLE, integralOf, meansWithin } from './integral';

/** Parts along each side that a clip is described by. */
const PARTS = 6;
/** Frames that it is described by: their places, and what changes between them. */
const FRAMES = [1, SIGNATURE_FRAMES - 2] as const;

/**
 * The Vendi score (Friedman and Dieng 2023, "The Vendi score: a diversity evaluation metric for machine learning"): the exponential of
 * the entropy of the eigenvalues of K / n, K being the cosine similarities of n clips. 1 where all are alike, n where none has anything
 * in common with another. Clips are compared by where they are light and dark early and late on, at 6 x 6 parts, mean taken out.
 *
 * @returns 0 for no clip
 */
export function vendiScore(clips: readonly ClipSignature[]): number {
  if (clips.length === 0) return 0;
  const vectors = clips.map(directionOf);
  const size = vectors[0].length;
  // K = X X' has the eigenvalues of X' X, which does not grow with the set.
  const products = new Float64Array(size * size);
  for (const vector of vectors) {
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) products[i * size + j] += (vector[i] * vector[j]) / clips.length;
  }
  const entropy = symmetricEigenvalues(products, size).reduce((sum, value) => (value > 1e-12 ? sum - value * Math.log(value) : sum), 0);
  return Math.exp(entropy);
}

/** A clip as a vector of length 1; the last number is 1 for clips without any structure. */
function directionOf(clip: ClipSignature): Float64Array {
  const count = PARTS * PARTS;
  const vector = new Float64Array(FRAMES.length * count + 1);
  for (const [place, frame] of FRAMES.entries()) {
    const means = new Float64Array(count);
    meansWithin(integralOf(clip[frame].luma), WHOLE, PARTS, means);
    const mean = means.reduce((sum, value) => sum + value, 0) / count;
    vector.set(
      means.map((value) => value - mean),
      place * count,
    );
  }
  const length = Math.hypot(...vector);
  if (length > 1e-6) return vector.map((value) => value / length);
  vector.fill(0);
  vector[vector.length - 1] = 1;
  return vector;
}

/**
 * Eigenvalues of a symmetric matrix by Jacobi's rotations (Golub and Van Loan, "Matrix computations", section 8.5), in no order.
 * @param matrix `size` x `size`; it is used up
 */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  const total = matrix.reduce((sum, value) => sum + value * value, 0);
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let i = 0; i < size; i++) for (let j = i + 1; j < size; j++) off += 2 * matrix[i * size + j] ** 2;
    if (off <= 1e-24 * total) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(matrix, size, p, q);
  }
  return Float64Array.from({ length: size }, (_, i) => matrix[i * size + i]);
}

/** Makes one element beside the diagonal zero. */
function rotate(matrix: Float64Array, size: number, p: number, q: number): void {
  const apq = matrix[p * size + q];
  if (apq === 0) return;
  const theta = (matrix[q * size + q] - matrix[p * size + p]) / (2 * apq);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let k = 0; k < size; k++) {
    const [akp, akq] = [matrix[k * size + p], matrix[k * size + q]];
    matrix[k * size + p] = cosine * akp - sine * akq;
    matrix[k * size + q] = sine * akp + cosine * akq;
  }
  for (let k = 0; k < size; k++) {
    const [apk, aqk] = [matrix[p * size + k], matrix[q * size + k]];
    matrix[p * size + k] = cosine * apk - sine * aqk;
    matrix[q * size + k] = sine * apk + cosine * aqk;
  }
}

/** Shares of different words and pairs of words among all of a set's captions (Li et al. 2016, "A diversity-promoting objective", distinct-1 and -2). */
export function captionDiversity(captions: readonly string[]): { readonly distinctWords: number; readonly distinctPairs: number } {
  const words = new Set<string>();
  const pairs = new Set<string>();
  let [wordCount, pairCount] = [0, 0];
  for (const caption of captions) {
    const list = caption.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    for (const [at, word] of list.entries()) {
      words.add(word);
      wordCount++;
      if (at === 0) continue;
      pairs.add(`${list[at - 1]} ${word}`);
      pairCount++;
    }
  }
  return { distinctWords: wordCount === 0 ? 0 : words.size / wordCount, distinctPairs: pairCount === 0 ? 0 : pairs.size / pairCount };
}
