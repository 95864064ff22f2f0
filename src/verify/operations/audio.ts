import { z } from 'zod';
import { hannWindow } from '../../audio';
import { conv1d, convTranspose1d, divide, permute, reshape, slice, type Tensor } from '../../graph';
import {
  antialiased,
  causalMelSpectrogram,
  channelsFirst,
  channelsLast,
  downsampleKaiser,
  snakeBeta,
  upsampleHann,
  upsampleKaiser,
} from '../../models';
import { hannRateFilter, kaiserRateFilter } from '../../numeric/resampling-filters';
import type { CaseBuilder } from './case-builder';

const stftParams = z.object({ n_fft: z.number(), hop: z.number() });

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
  const causal = causalMelSpectrogram(samples, builder.input('mel_basis'), { basis, hop, window: size });
  builder.output('mel_stft.0', channelsFirst(causal.logMel));
  builder.output('mel_stft.1', channelsFirst(causal.magnitude));
  builder.output('mel_stft.2', channelsFirst(causal.phase()));
  builder.output('mel_stft.3', causal.energy());
}

/** Resampling filters of the vocoder and its activation between them. */
export function vocoderFilters(builder: CaseBuilder): void {
  const x = channelsLast(builder.input('x'));
  const alpha = builder.input('alpha');
  const beta = builder.input('beta');
  const size = 12;
  const kaiser = builder.table(kaiserRateFilter(2, size), [size, 1, 1]);
  const hann = hannRateFilter(3);
  const snake = (y: Tensor): Tensor => snakeBeta(y, alpha, beta);
  builder.output('up_kaiser', channelsFirst(upsampleKaiser(x, 2, kaiser)));
  builder.output('down_kaiser', channelsFirst(downsampleKaiser(x, 2, kaiser)));
  builder.output('up_hann3', channelsFirst(upsampleHann(x, 3)));
  builder.output('snakebeta', channelsFirst(snake(x)));
  builder.output('antialias_act', channelsFirst(antialiased(x, snake, { ratio: 2, up: kaiser, down: kaiser })));
  builder.output('kaiser_filter', reshape(kaiser, [1, 1, size]));
  builder.output('hann_filter', builder.table(hann, [1, 1, hann.length]));
}
