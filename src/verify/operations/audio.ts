import { z } from 'zod';
import {
  absolute,
  add,
  broadcastTo,
  conv1d,
  convTranspose1d,
  divide,
  equal,
  exp,
  less,
  log,
  matmul,
  maximum,
  minimum,
  multiply,
  negate,
  pad,
  permute,
  reshape,
  sin,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  where,
  type Tensor,
} from '../../graph';
import { hannRateFilter, hannReach, kaiserRateFilter } from '../../numeric/resampling-filters';
import type { CaseBuilder } from './case-builder';
import { channelsFirst, channelsLast } from './layouts';

const stftParams = z.object({ n_fft: z.number(), hop: z.number() });

/** Periodic Hann window. */
function hannWindow(size: number): number[] {
  return Array.from({ length: size }, (_, n) => Math.sin((Math.PI * n) / size) ** 2);
}

/** Rows [size, 2 · (size / 2 + 1)] of the windowed real Fourier transform: cosines, then negated sines. */
function fourierBasis(size: number): Float32Array {
  const window = hannWindow(size);
  const bins = size / 2 + 1;
  return Float32Array.from({ length: size * 2 * bins }, (_, k) => {
    const n = Math.floor(k / (2 * bins));
    const column = k % (2 * bins);
    const angle = (2 * Math.PI * n * (column % bins)) / size;
    return window[n] * (column < bins ? Math.cos(angle) : -Math.sin(angle));
  });
}

/** [size, 2 bins] of the inverse transform with its window: conjugate pairs count twice. */
function inverseBasis(size: number): Float32Array {
  const bins = size / 2 + 1;
  return fourierBasis(size).map((value, k) => {
    const bin = (k % (2 * bins)) % bins;
    return (value * (bin === 0 || bin === bins - 1 ? 1 : 2)) / size;
  });
}

/** Sum of the squared windows over each sample, without the padding of half a window. */
function windowEnvelope(size: number, hop: number, length: number): Float32Array {
  const window = hannWindow(size);
  const envelope = new Float32Array(length);
  for (let start = -size / 2; start <= length - size / 2; start += hop) {
    for (let n = 0; n < size; n++) if (start + n >= 0 && start + n < length) envelope[start + n] += window[n] ** 2;
  }
  return envelope;
}

/** Coefficients of atan(z) / z in z² for z in 0..1 (Abramowitz and Stegun 4.4.49, error below 2e-8). */
const arcTangent = [1, -0.3333314528, 0.1999355085, -0.1420889944, 0.1065626393, -0.07528964, 0.0429096138, -0.0161657367, 0.0028662257];

/** The angle of (x, y), from elementary arithmetic. */
function angleOf(y: Tensor, x: Tensor): Tensor {
  const [ax, ay] = [absolute(x), absolute(y)];
  const largest = maximum(ax, ay);
  // Where both are 0 the quotient is 0 / 1.
  const z = divide(minimum(ax, ay), add(largest, equal(largest, 0)));
  const z2 = square(z);
  const series = arcTangent.reduceRight<Tensor | number>((tail, coefficient) => add(multiply(z2, tail), coefficient), 0);
  const octant = multiply(z, series);
  const quadrant = where(less(ax, ay), subtract(Math.PI / 2, octant), octant);
  const half = where(less(x, 0), subtract(Math.PI, quadrant), quadrant);
  return where(less(y, 0), negate(half), half);
}

/** Short-time Fourier transform, its inverse, and the vocoder's causal one with its mel spectrogram. */
export function audioStft(builder: CaseBuilder): void {
  const { n_fft: size, hop } = stftParams.parse(builder.params);
  const bins = size / 2 + 1;
  const wave = builder.input('wave');
  const [batch, length] = wave.shape;
  const samples = reshape(wave, [batch, length, 1]);
  const spectrum = conv1d(samples, builder.table(fourierBasis(size), [size, 1, 2 * bins]), {
    stride: hop,
    padding: [size / 2, size / 2],
    mode: 'reflect',
  });
  builder.output('stft_real', channelsFirst(slice(spectrum, 2, 0, bins)));
  builder.output('stft_imag', channelsFirst(slice(spectrum, 2, bins, bins)));
  const overlapped = convTranspose1d(spectrum, builder.table(inverseBasis(size), [size, 2 * bins, 1]), { stride: hop, padding: size / 2 });
  builder.output('istft', divide(reshape(overlapped, [batch, length]), builder.table(windowEnvelope(size, hop, length), [length])));

  const basis = permute(builder.input('forward_basis'), [2, 1, 0]);
  const causal = conv1d(samples, basis, { stride: hop, padding: [size - hop, 0] });
  const real = slice(causal, 2, 0, bins);
  const imaginary = slice(causal, 2, bins, bins);
  const magnitude = sqrt(add(square(real), square(imaginary)));
  const mel = matmul(magnitude, builder.input('mel_basis'), { transposeB: true });
  builder.output('mel_stft.0', channelsFirst(log(maximum(mel, 1e-5))));
  builder.output('mel_stft.1', channelsFirst(magnitude));
  builder.output('mel_stft.2', channelsFirst(angleOf(imaginary, real)));
  builder.output('mel_stft.3', sqrt(sum(square(magnitude), [2])));
}

/** One filter for every channel, as a depthwise weight of the given shape. */
function everyChannel(builder: CaseBuilder, filter: Float32Array, shape: readonly [number, number, number]): Tensor {
  return broadcastTo(builder.table(filter, [filter.length, 1, 1]), shape);
}

/** x [B, T, C] with `ratio` times the samples; `cut` samples go at the start and at the end. */
function upsample(
  builder: CaseBuilder,
  x: Tensor,
  ratio: number,
  filter: Float32Array,
  reach: number,
  cut: readonly [number, number],
): Tensor {
  const channels = x.shape[2];
  const extended = pad(
    x,
    [
      [0, 0],
      [reach, reach],
      [0, 0],
    ],
    'replicate',
  );
  const weight = everyChannel(
    builder,
    filter.map((tap) => tap * ratio),
    [filter.length, channels, 1],
  );
  const whole = convTranspose1d(extended, weight, { stride: ratio, padding: 0, groups: channels });
  return slice(whole, 1, cut[0], whole.shape[1] - cut[0] - cut[1]);
}

/** Upsampling by a Kaiser filter of `size` taps. */
function upsampleKaiser(builder: CaseBuilder, x: Tensor, ratio: number, size: number): Tensor {
  const reach = Math.floor(size / ratio) - 1;
  const cut = [reach * ratio + Math.floor((size - ratio) / 2), reach * ratio + Math.floor((size - ratio + 1) / 2)] as const;
  return upsample(builder, x, ratio, kaiserRateFilter(ratio, size), reach, cut);
}

function downsampleKaiser(builder: CaseBuilder, x: Tensor, ratio: number, size: number): Tensor {
  const channels = x.shape[2];
  const weight = everyChannel(builder, kaiserRateFilter(ratio, size), [size, 1, channels]);
  return conv1d(x, weight, {
    stride: ratio,
    padding: [Math.floor(size / 2) + (size % 2) - 1, Math.floor(size / 2)],
    mode: 'replicate',
    groups: channels,
  });
}

/** x + sin²(x e^alpha) / (e^beta + 1e-9), channels last (SnakeBeta of BigVGAN). */
function snakeBeta(x: Tensor, alpha: Tensor, beta: Tensor): Tensor {
  return add(x, divide(square(sin(multiply(x, exp(alpha)))), add(exp(beta), 1e-9)));
}

/** Resampling filters of the vocoder and its activation between them. */
export function vocoderFilters(builder: CaseBuilder): void {
  const x = channelsLast(builder.input('x'));
  const alpha = builder.input('alpha');
  const beta = builder.input('beta');
  const size = 12;
  builder.output('up_kaiser', channelsFirst(upsampleKaiser(builder, x, 2, size)));
  builder.output('down_kaiser', channelsFirst(downsampleKaiser(builder, x, 2, size)));
  const hann = hannRateFilter(3);
  builder.output('up_hann3', channelsFirst(upsample(builder, x, 3, hann, hannReach, [2 * hannReach * 3, hann.length - 3])));
  builder.output('snakebeta', channelsFirst(snakeBeta(x, alpha, beta)));
  builder.output(
    'antialias_act',
    channelsFirst(downsampleKaiser(builder, snakeBeta(upsampleKaiser(builder, x, 2, size), alpha, beta), 2, size)),
  );
  builder.output('kaiser_filter', builder.table(kaiserRateFilter(2, size), [1, 1, size]));
  builder.output('hann_filter', builder.table(hann, [1, 1, hann.length]));
}
