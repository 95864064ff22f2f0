import { reshape } from '../arithmetic';
import { numbersAttribute, pairsAttribute, textsAttribute } from '../attributes';
import { defineOperation, type Attributes, type GradientRule } from '../operation';
import { paddedIndex, paddingModes } from '../padding';
import type { Tensor } from '../tracer';
import { emptyHostTensor, type Shape } from '../types';
import { convolutionGeometry, type ConvolutionAxis, type ConvolutionGeometry } from './convolution';
import { lowerInputGradient, lowerWeightGradient } from './convolution-gradient-kernels';
import { foldPadding } from './fold-padding';
import { gatherRows } from './gather-rows';
import { permute } from './permute';

/** One product of the convolution: an element of x at `x`, channel 0, meets tap `tap` for the output at `y`, channel 0. */
interface Meeting {
  readonly x: number;
  readonly y: number;
  readonly tap: number;
}

function eachMeeting({ batch, axes, inChannels, outChannels }: ConvolutionGeometry, visit: (meeting: Meeting) => void): void {
  const along = axes.map((axis) => meetingsAlong(axis));
  const [frames, rows, columns] = axes;
  for (let b = 0; b < batch; b++) {
    for (const f of along[0]) {
      for (const h of along[1]) {
        for (const w of along[2]) {
          visit({
            x: (((b * frames.input + f.from) * rows.input + h.from) * columns.input + w.from) * inChannels,
            y: (((b * frames.output + f.to) * rows.output + h.to) * columns.output + w.to) * outChannels,
            tap: (f.tap * rows.kernel + h.tap) * columns.kernel + w.tap,
          });
        }
      }
    }
  }
}

function meetingsAlong({
  input,
  output,
  kernel,
  stride,
  dilation,
  before,
  mode,
}: ConvolutionAxis): { from: number; to: number; tap: number }[] {
  const meetings: { from: number; to: number; tap: number }[] = [];
  for (let to = 0; to < output; to++) {
    for (let tap = 0; tap < kernel; tap++) {
      const from = paddedIndex(to * stride + tap * dilation - before, input, mode);
      if (from >= 0) meetings.push({ from, to, tap });
    }
  }
  return meetings;
}

/** Visits the channels that meet in a group: c of the input, its place within the group, and n of the output. */
function eachChannelPair(
  { inChannels, outChannels, groups }: ConvolutionGeometry,
  visit: (c: number, inGroup: number, n: number) => void,
): void {
  const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
  for (let c = 0; c < inChannels; c++) {
    const first = Math.floor(c / groupIn) * groupOut;
    for (let n = first; n < first + groupOut; n++) visit(c, c % groupIn, n);
  }
}

/** The shape of the convolution's x, from that of the gradient by its result. */
function inputShape(gradient: Shape, weight: Shape, attributes: Attributes): number[] {
  const groups = typeof attributes.groups === 'number' ? attributes.groups : 1;
  return [gradient[0], ...numbersAttribute(attributes, 'size'), weight[weight.length - 2] * groups];
}

/** The geometry of the convolution whose gradient is taken. */
export function inputGradientGeometry(gradient: Shape, weight: Shape, attributes: Attributes): ConvolutionGeometry {
  return convolutionGeometry(inputShape(gradient, weight, attributes), weight, attributes);
}

/** Gradient of a zero-padded convolution by its input, from that by its result and the weight; `size` are the input's sizes. */
export const convolutionInputGradientOperation = defineOperation({
  name: 'convolutionInputGradient',

  infer: ([g, weight], attributes) => ({ shape: inputShape(g.shape, weight.shape, attributes), dtype: 'f32' }),

  reference([g, weight], attributes, output) {
    const geometry = inputGradientGeometry(g.shape, weight.shape, attributes);
    const { inChannels, outChannels, groups } = geometry;
    const result = emptyHostTensor(output);
    const sums = new Float64Array(result.data.length);
    eachMeeting(geometry, ({ x, y, tap }) => {
      eachChannelPair(geometry, (c, inGroup, n) => {
        sums[x + c] += g.data[y + n] * weight.data[(tap * (inChannels / groups) + inGroup) * outChannels + n];
      });
    });
    result.data.set(sums);
    return result;
  },

  lower: lowerInputGradient,

  absorbsEpilogue: () => true,
});

/** Gradient of a convolution by its weight, from its input and the gradient by its result; `kernel` are the kernel's sizes. */
export const convolutionWeightGradientOperation = defineOperation({
  name: 'convolutionWeightGradient',

  infer: ([x, g], attributes) => ({ shape: weightShape(x.shape, g.shape, attributes), dtype: 'f32' }),

  reference([x, g], attributes, output) {
    const geometry = convolutionGeometry(x.shape, output.shape, attributes);
    const { inChannels, outChannels, groups } = geometry;
    const result = emptyHostTensor(output);
    const sums = new Float64Array(result.data.length);
    eachMeeting(geometry, ({ x: from, y, tap }) => {
      eachChannelPair(geometry, (c, inGroup, n) => {
        sums[(tap * (inChannels / groups) + inGroup) * outChannels + n] += x.data[from + c] * g.data[y + n];
      });
    });
    result.data.set(sums);
    return result;
  },

  lower: lowerWeightGradient,

  absorbsEpilogue: () => true,
});

function weightShape(x: Shape, gradient: Shape, attributes: Attributes): number[] {
  const groups = typeof attributes.groups === 'number' ? attributes.groups : 1;
  return [...numbersAttribute(attributes, 'kernel'), x[x.length - 1] / groups, gradient[gradient.length - 1]];
}

/** The gradient by a convolution's weight [kernel..., C / groups, outChannels], for the convolution's own attributes. */
export function convolutionWeightGradient(x: Tensor, gradient: Tensor, kernel: Shape, attributes: Attributes): Tensor {
  return x.tracer.apply('convolutionWeightGradient', [x, gradient], { ...attributes, kernel });
}

/** Gradients of a convolution. Mirrored and repeated edges are padded in thought, and their gradient is folded back. */
export const convolutionGradients: GradientRule = ({ inputs: [x, weight], gradient, attributes, wants }) => {
  const kernel = weight.shape.slice(0, -2);
  const byWeight = wants(1) ? convolutionWeightGradient(x, gradient, kernel, attributes) : undefined;
  if (!wants(0)) return [undefined, byWeight];
  const padding = pairsAttribute(attributes, 'padding');
  const modes = textsAttribute(attributes, 'modes', paddingModes);
  const own = x.shape.slice(1, -1);
  const size = own.map((length, k) => (modes[k] === 'zeros' ? length : length + padding[k][0] + padding[k][1]));
  const zeros = padding.map((pair, k): readonly [number, number] => (modes[k] === 'zeros' ? pair : [0, 0]));
  const plain = { ...attributes, padding: zeros, modes: modes.map(() => 'zeros') };
  const padded =
    turnedConvolution(gradient, weight, plain) ?? gradient.tracer.apply('convolutionInputGradient', [gradient, weight], { ...plain, size });
  const folded = modes.reduce((value, mode, k) => (mode === 'zeros' ? value : foldPadding(value, k + 1, padding[k], mode)), padded);
  return [folded, byWeight];
};

/**
 * The gradient by the input of a zero-padded convolution without strides as a convolution itself: over the gradient by the result, with
 * the taps in reverse and the channels changed over. Undefined where it is none.
 */
function turnedConvolution(gradient: Tensor, weight: Tensor, attributes: Attributes): Tensor | undefined {
  const kernel = weight.shape.slice(0, -2);
  const [inChannels, outChannels] = weight.shape.slice(-2);
  const dilation = numbersAttribute(attributes, 'dilation');
  const padding = pairsAttribute(attributes, 'padding').map((pair, k) => pair.map((width) => (kernel[k] - 1) * dilation[k] - width));
  const strided = numbersAttribute(attributes, 'stride').some((step) => step !== 1);
  if (attributes.groups !== 1 || strided || padding.flat().some((width) => width < 0)) return undefined;
  const { tracer } = gradient;
  const taps = kernel.reduce((product, size) => product * size, 1);
  const backwards = tracer.constant(
    Int32Array.from({ length: taps }, (_, tap) => taps - 1 - tap),
    [taps],
  );
  const reversed = taps === 1 ? weight : gatherRows(reshape(weight, [taps, inChannels * outChannels]), backwards);
  const turned = permute(reshape(reversed, [taps, inChannels, outChannels]), [0, 2, 1]);
  return tracer.apply('convolution', [gradient, reshape(turned, [...kernel, outChannels, inChannels])], { ...attributes, padding });
}
