import { add, attention, concat, reshape, resample, rmsNorm, silu, slice, type Tensor } from '../../graph';
import { conv2dLayer, conv3dLayer, splitLast } from '../layers';
import type { FrameMemory } from './frame-memory';

/**
 * The reference divides by the length of the channels, at least 1e-12; the mean square that this stands for is below what f32 tells from
 * nothing beside it.
 */
const smallestMeanSquare = 1e-30;

/**
 * Convolution that sees no later frames: zeros stand before the first (`WanCausalConv3d`). Going through a video in parts, of which the
 * last frames are remembered, as the reference does, gives the same as going through it at once.
 * @param x [B, F, H, W, C]
 */
export function causalConv3d(
  layer: string,
  x: Tensor,
  channels: number,
  memory: FrameMemory,
  kernel: readonly [number, number, number] = [3, 3, 3],
): Tensor {
  const [size, rows, columns] = kernel;
  const around = (length: number): [number, number] => [(length - 1) / 2, (length - 1) / 2];
  const { frames, zeros } = memory.before(x, size - 1);
  return conv3dLayer(layer, frames, channels, { kernel, padding: [[zeros, 0], around(rows), around(columns)] });
}

/** x / |x| * sqrt(C) * gamma over the channels (`WanRMS_norm`); gamma is stored with as many axes of 1 as the reference's values have. */
export function channelNorm(layer: string, x: Tensor, axes: 2 | 3): Tensor {
  const channels = x.shape[x.shape.length - 1];
  const gamma = x.tracer.parameter(`${layer}.gamma`, [channels, ...Array.from({ length: axes }, () => 1)]);
  return rmsNorm(x, { eps: smallestMeanSquare, weight: reshape(gamma, [channels]) });
}

/** `WanResidualBlock` in the current scope. */
export function residualBlock(x: Tensor, channels: number, memory: FrameMemory): Tensor {
  const first = causalConv3d('conv1', silu(channelNorm('norm1', x, 3)), channels, memory);
  const second = causalConv3d('conv2', silu(channelNorm('norm2', first, 3)), channels, memory);
  return add(second, x.shape[4] === channels ? x : causalConv3d('conv_shortcut', x, channels, memory, [1, 1, 1]));
}

/** `WanAttentionBlock` in the current scope: the pixels of each frame attend to each other, with one head. */
export function attentionBlock(x: Tensor): Tensor {
  const [batch, frames, rows, columns, channels] = x.shape;
  const images = reshape(x, [batch * frames, rows, columns, channels]);
  const pointwise = (layer: string, value: Tensor, width: number): Tensor =>
    conv2dLayer(layer, value, width, {
      kernel: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
    });
  const parts = splitLast(pointwise('to_qkv', channelNorm('norm', images, 2), 3 * channels), 3);
  const [query, key, value] = parts.map((part) => reshape(part, [batch * frames, rows * columns, 1, channels]));
  const attended = pointwise('proj', reshape(attention(query, key, value), images.shape), channels);
  return add(reshape(attended, x.shape), x);
}

/** `WanMidBlock` in the current scope: residual blocks around an attention block. */
export function midBlock(x: Tensor, memory: FrameMemory): Tensor {
  const { tracer } = x;
  const channels = x.shape[4];
  const first = tracer.scope('resnets.0', () => residualBlock(x, channels, memory));
  const attended = tracer.scope('attentions.0', () => attentionBlock(first));
  return tracer.scope('resnets.1', () => residualBlock(attended, channels, memory));
}

/** Every frame apart: [B, F, H, W, C] through `change` of [B F, H, W, C]. */
function eachFrame(x: Tensor, change: (images: Tensor) => Tensor): Tensor {
  const [batch, frames, rows, columns, channels] = x.shape;
  const changed = change(reshape(x, [batch * frames, rows, columns, channels]));
  return reshape(changed, [batch, frames, ...changed.shape.slice(1)]);
}

/**
 * Half the rows and columns, and half the frames where `temporal` (`WanResample`, `downsample2d` and `downsample3d`), in the current scope.
 * The first frame stays apart in time, as a clip of one frame would.
 */
export function downsample(x: Tensor, temporal: boolean, memory: FrameMemory): Tensor {
  const channels = x.shape[4];
  const smaller = eachFrame(x, (images) =>
    conv2dLayer('resample.1', images, channels, {
      stride: [2, 2],
      padding: [
        [0, 1],
        [0, 1],
      ],
    }),
  );
  if (!temporal) return smaller;
  const halved = (frames: Tensor): Tensor => {
    const none = [0, 0] as const;
    return conv3dLayer('time_conv', frames, channels, { kernel: [3, 1, 1], stride: [2, 1, 1], padding: [none, none, none] });
  };
  if (memory.part !== 'whole') {
    const frames = memory.joined(smaller);
    return memory.part === 'first' ? frames : halved(frames);
  }
  return smaller.shape[1] === 1 ? smaller : concat([slice(smaller, 1, 0, 1), halved(smaller)], 1);
}

/**
 * Twice the rows and columns with half the channels, and twice the frames where `temporal` (`WanResample`, `upsample2d` and `upsample3d`),
 * in the current scope. The first frame stays one, and those behind it do not see it.
 */
export function upsample(x: Tensor, temporal: boolean, memory: FrameMemory): Tensor {
  const longer = temporal ? doubleFrames(x, memory) : x;
  const [, , rows, columns, channels] = longer.shape;
  return eachFrame(longer, (images) => conv2dLayer('resample.1', enlarged(images, rows, columns), channels / 2));
}

/** Nearest-exact enlargement to twice the size: every pixel four times. */
function enlarged(images: Tensor, rows: number, columns: number): Tensor {
  const [count, , , channels] = images.shape;
  const video = reshape(images, [count, 1, rows, columns, channels]);
  return reshape(resample(video, [1, 2 * rows, 2 * columns], 'nearest'), [count, 2 * rows, 2 * columns, channels]);
}

function doubleFrames(x: Tensor, memory: FrameMemory): Tensor {
  const [batch, frames, rows, columns, channels] = x.shape;
  const doubled = (later: Tensor): Tensor => {
    const count = later.shape[1];
    const pairs = causalConv3d('time_conv', later, 2 * channels, memory, [3, 1, 1]);
    // Channels of the first frame of a pair come before those of the second.
    const apart = splitLast(pairs, 2).map((frame) => reshape(frame, [batch, count, 1, rows, columns, channels]));
    return reshape(concat(apart, 2), [batch, 2 * count, rows, columns, channels]);
  };
  if (memory.part === 'later') return doubled(x);
  if (memory.part === 'first') memory.skip();
  return frames === 1 ? x : concat([slice(x, 1, 0, 1), doubled(slice(x, 1, 1, frames - 1))], 1);
}
