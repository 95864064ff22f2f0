import { AiprodError } from '../errors';

/** Fourier transforms of one size, with their tables at hand. */
export interface RealFourier {
  /** Samples of a frame. */
  readonly size: number;
  /** Magnitudes of the bins 0 .. size / 2 of a frame, into `magnitudes` [size / 2 + 1]. */
  magnitudes(frame: Float64Array, magnitudes: Float32Array): void;
}

/**
 * Discrete Fourier transform of real frames, in f64: radix-2 decimation in time (Cooley and Tukey 1965).
 * @throws AiprodError `shape-mismatch` when the size is no power of two of at least 2
 */
export function realFourier(size: number): RealFourier {
  const levels = Math.log2(size);
  if (!Number.isInteger(levels) || levels < 1) {
    throw new AiprodError('shape-mismatch', 'a Fourier transform of this size is not built', {
      expected: 'a power of two of at least 2',
      found: String(size),
    });
  }
  const cosines = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  const reversed = Uint32Array.from({ length: size }, (_, k) => reverseBits(k, levels));
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  return {
    size,
    magnitudes(frame, magnitudes) {
      for (let k = 0; k < size; k++) real[k] = frame[reversed[k]];
      imaginary.fill(0);
      for (let half = 1; half < size; half *= 2) {
        const step = size / (2 * half);
        for (let start = 0; start < size; start += 2 * half) {
          for (let k = 0; k < half; k++) {
            const [low, high] = [start + k, start + k + half];
            const [c, s] = [cosines[k * step], sines[k * step]];
            const re = real[high] * c + imaginary[high] * s;
            const im = imaginary[high] * c - real[high] * s;
            real[high] = real[low] - re;
            imaginary[high] = imaginary[low] - im;
            real[low] += re;
            imaginary[low] += im;
          }
        }
      }
      for (let bin = 0; bin <= size / 2; bin++) magnitudes[bin] = Math.hypot(real[bin], imaginary[bin]);
    },
  };
}

function reverseBits(value: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result = (result << 1) | ((value >> bit) & 1);
  return result;
}
