import { broadcastTo, conv1d, convTranspose1d, multiply, pad, slice, type Tensor } from '../../graph';
import { hannRateFilter, hannReach } from '../../numeric/resampling-filters';

/** How far an upsampling filter reaches, and what of its result lies outside the input. */
interface UpsamplingShape {
  /** Samples by which the input is extended at both ends. */
  readonly reach: number;
  /** Samples that are cut at the start and at the end. */
  readonly cut: readonly [number, number];
}

/** x [B, T, C] at `ratio` times the samples; every channel by the same filter [k, 1, 1], ends repeated. */
function upsample(x: Tensor, ratio: number, filter: Tensor, { reach, cut }: UpsamplingShape): Tensor {
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
  const weight = broadcastTo(multiply(filter, ratio), [filter.shape[0], channels, 1]);
  const whole = convTranspose1d(extended, weight, { stride: ratio, padding: 0, groups: channels });
  return slice(whole, 1, cut[0], whole.shape[1] - cut[0] - cut[1]);
}

/** `UpSample1d` with a Kaiser filter [k, 1, 1]: [B, T, C] to [B, ratio T, C]. */
export function upsampleKaiser(x: Tensor, ratio: number, filter: Tensor): Tensor {
  const size = filter.shape[0];
  const reach = Math.floor(size / ratio) - 1;
  const cut = [reach * ratio + Math.floor((size - ratio) / 2), reach * ratio + Math.floor((size - ratio + 1) / 2)] as const;
  return upsample(x, ratio, filter, { reach, cut });
}

/** `UpSample1d` with the Hann filter of the ratio, which no checkpoint holds: [B, T, C] to [B, ratio T, C]. */
export function upsampleHann(x: Tensor, ratio: number): Tensor {
  const taps = hannRateFilter(ratio);
  const filter = x.tracer.constant(taps, [taps.length, 1, 1], x.tracer.dtype);
  return upsample(x, ratio, filter, { reach: hannReach, cut: [2 * hannReach * ratio, taps.length - ratio] });
}

/** `DownSample1d` with a Kaiser filter [k, 1, 1]: [B, T, C] to [B, ceil(T / ratio), C]. */
export function downsampleKaiser(x: Tensor, ratio: number, filter: Tensor): Tensor {
  const size = filter.shape[0];
  const channels = x.shape[2];
  return conv1d(x, broadcastTo(filter, [size, 1, channels]), {
    stride: ratio,
    padding: [Math.floor(size / 2) + (size % 2) - 1, Math.floor(size / 2)],
    mode: 'replicate',
    groups: channels,
  });
}
