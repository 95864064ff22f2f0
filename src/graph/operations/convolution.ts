import { AiprodError } from '../../errors';
import { numbersAttribute, numberAttribute, pairsAttribute, textsAttribute } from '../attributes';
import { defineOperation, type Attributes } from '../operation';
import { checkPadding, paddedIndex, paddingModes, type PaddingMode } from '../padding';
import type { Tensor } from '../tracer';
import { emptyHostTensor, type Shape } from '../types';
import { convolutionGradients } from './convolution-gradient';
import { convolutionIsTiled, lowerConvolution } from './convolution-kernels';

/** One spatial (or time) axis of a convolution. */
export interface ConvolutionAxis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly mode: PaddingMode;
}

/** A convolution as frames, rows and columns; missing leading axes have size 1. */
export interface ConvolutionGeometry {
  readonly batch: number;
  readonly axes: readonly [ConvolutionAxis, ConvolutionAxis, ConvolutionAxis];
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

const trivialAxis: ConvolutionAxis = { input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, before: 0, mode: 'zeros' };

/** @throws AiprodError `shape-mismatch` when shapes and attributes do not belong together. */
export function convolutionGeometry(x: Shape, weight: Shape, attributes: Attributes): ConvolutionGeometry {
  const stride = numbersAttribute(attributes, 'stride');
  const dilation = numbersAttribute(attributes, 'dilation');
  const padding = pairsAttribute(attributes, 'padding');
  const modes = textsAttribute(attributes, 'modes', paddingModes);
  const groups = numberAttribute(attributes, 'groups');
  const rank = stride.length;
  const inChannels = x[x.length - 1];
  const outChannels = weight[weight.length - 1];
  const fits =
    x.length === rank + 2 &&
    weight.length === rank + 2 &&
    inChannels % groups === 0 &&
    outChannels % groups === 0 &&
    weight[rank] === inChannels / groups;
  if (!fits) {
    throw new AiprodError('shape-mismatch', 'a convolution does not fit its weight', {
      expected: `x of ${rank + 2} dimensions with C channels last, and a weight of ${rank} kernel sizes, C / ${groups} and output channels divisible by ${groups}`,
      found: `[${x.join(', ')}] and [${weight.join(', ')}]`,
    });
  }
  const own = stride.map((step, k): ConvolutionAxis => {
    checkPadding(`convolution axis ${k}`, x[k + 1], padding[k], modes[k]);
    const reach = (weight[k] - 1) * dilation[k] + 1;
    const output = Math.floor((x[k + 1] + padding[k][0] + padding[k][1] - reach) / step) + 1;
    if (output < 1) {
      throw new AiprodError('shape-mismatch', 'a convolution reaches further than its input', {
        where: `axis ${k}`,
        expected: `at least ${reach} elements with padding`,
        found: String(x[k + 1] + padding[k][0] + padding[k][1]),
      });
    }
    return { input: x[k + 1], output, kernel: weight[k], stride: step, dilation: dilation[k], before: padding[k][0], mode: modes[k] };
  });
  const [frames, rows, columns] = [...new Array<ConvolutionAxis>(3 - rank).fill(trivialAxis), ...own];
  return { batch: x[0], axes: [frames, rows, columns], inChannels, outChannels, groups };
}

/** Correlation of channels-last values with a weight [kernel..., C / groups, outChannels]. */
export const convolutionOperation = defineOperation({
  name: 'convolution',

  infer([x, weight], attributes) {
    const { batch, axes, outChannels } = convolutionGeometry(x.shape, weight.shape, attributes);
    const own = axes.slice(5 - x.shape.length).map((axis) => axis.output);
    return { shape: [batch, ...own, outChannels], dtype: x.dtype };
  },

  reference([x, weight], attributes, output) {
    const result = emptyHostTensor(output);
    const { batch, axes, inChannels, outChannels, groups } = convolutionGeometry(x.shape, weight.shape, attributes);
    const [frames, rows, columns] = axes;
    const groupIn = inChannels / groups;
    const groupOut = outChannels / groups;
    const sums = new Float64Array(outChannels);
    const source = (axis: ConvolutionAxis, position: number, tap: number): number =>
      paddedIndex(position * axis.stride + tap * axis.dilation - axis.before, axis.input, axis.mode);
    const addTap = (start: number, tap: number): void => {
      for (let c = 0; c < inChannels; c++) {
        const value = x.data[start + c];
        const group = Math.floor(c / groupIn);
        const weights = (tap * groupIn + (c % groupIn)) * outChannels;
        for (let n = group * groupOut; n < (group + 1) * groupOut; n++) sums[n] += value * weight.data[weights + n];
      }
    };
    let at = 0;
    for (let b = 0; b < batch; b++) {
      for (let f = 0; f < frames.output; f++) {
        for (let h = 0; h < rows.output; h++) {
          for (let w = 0; w < columns.output; w++) {
            sums.fill(0);
            for (let kf = 0; kf < frames.kernel; kf++) {
              const frame = source(frames, f, kf);
              if (frame < 0) continue;
              for (let kh = 0; kh < rows.kernel; kh++) {
                const row = source(rows, h, kh);
                if (row < 0) continue;
                for (let kw = 0; kw < columns.kernel; kw++) {
                  const column = source(columns, w, kw);
                  if (column < 0) continue;
                  const start = (((b * frames.input + frame) * rows.input + row) * columns.input + column) * inChannels;
                  addTap(start, (kf * rows.kernel + kh) * columns.kernel + kw);
                }
              }
            }
            result.data.set(sums, at);
            at += outChannels;
          }
        }
      }
    }
    return result;
  },

  lower: lowerConvolution,

  absorbsEpilogue: () => true,

  decodes: ([x, weight], attributes) =>
    convolutionIsTiled(convolutionGeometry(x.shape, weight.shape, attributes)) ? { input: 1, rows: 'last' } : undefined,

  gradient: (request) => convolutionGradients(request),
});

interface CommonOptions {
  /** Channels are split into this many groups that do not see each other; C for a depthwise convolution. */
  readonly groups?: number;
}

export interface Convolution3dOptions extends CommonOptions {
  /** Along frames, rows, columns. */
  readonly stride?: readonly [number, number, number];
  readonly dilation?: readonly [number, number, number];
  /** Before and after, along frames, rows, columns. */
  readonly padding: readonly [readonly [number, number], readonly [number, number], readonly [number, number]];
  /** What padding holds; zeros unless told. */
  readonly mode?: { readonly time?: PaddingMode; readonly space?: PaddingMode };
}

/**
 * Three-dimensional convolution of channels-last video. A bias is an `add` afterwards, which fusion absorbs.
 * @param x [B, F, H, W, C]
 * @param weight [kF, kH, kW, C / groups, outChannels]: PyTorch's [outChannels, C / groups, kF, kH, kW] permuted by [2, 3, 4, 1, 0]
 * @throws AiprodError `shape-mismatch`.
 */
export function conv3d(x: Tensor, weight: Tensor, options: Convolution3dOptions): Tensor {
  const { stride = [1, 1, 1], dilation = [1, 1, 1], padding, mode = {}, groups = 1 } = options;
  const space = mode.space ?? 'zeros';
  return x.tracer.apply('convolution', [x, weight], { stride, dilation, padding, modes: [mode.time ?? 'zeros', space, space], groups });
}

export interface Convolution2dOptions extends CommonOptions {
  readonly stride?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly mode?: PaddingMode;
}

/**
 * Two-dimensional convolution of channels-last images.
 * @param x [B, H, W, C]
 * @param weight [kH, kW, C / groups, outChannels]: PyTorch's weight permuted by [2, 3, 1, 0]
 */
export function conv2d(x: Tensor, weight: Tensor, options: Convolution2dOptions): Tensor {
  const { stride = [1, 1], dilation = [1, 1], padding, mode = 'zeros', groups = 1 } = options;
  return x.tracer.apply('convolution', [x, weight], { stride, dilation, padding, modes: [mode, mode], groups });
}

export interface Convolution1dOptions extends CommonOptions {
  readonly stride?: number;
  readonly dilation?: number;
  readonly padding: readonly [number, number];
  readonly mode?: PaddingMode;
}

/**
 * One-dimensional convolution of channels-last sequences.
 * @param x [B, T, C]
 * @param weight [k, C / groups, outChannels]: PyTorch's weight permuted by [2, 1, 0]
 */
export function conv1d(x: Tensor, weight: Tensor, options: Convolution1dOptions): Tensor {
  const { stride = 1, dilation = 1, padding, mode = 'zeros', groups = 1 } = options;
  return x.tracer.apply('convolution', [x, weight], { stride: [stride], dilation: [dilation], padding: [padding], modes: [mode], groups });
}
