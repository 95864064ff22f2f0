import { AiprodError } from '../../errors';
import { numberAttribute } from '../attributes';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import { defineOperation, type Attributes } from '../operation';
import type { Tensor } from '../tracer';
import { conv1d } from './convolution';
import { convolutionWeightGradient } from './convolution-gradient';
import { permute } from './permute';
import { slice } from './slice';
import { elementCount, emptyHostTensor, type Shape } from '../types';

interface TransposedGeometry {
  readonly batch: number;
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

function geometry(x: Shape, weight: Shape, attributes: Attributes): TransposedGeometry {
  const stride = numberAttribute(attributes, 'stride');
  const padding = numberAttribute(attributes, 'padding');
  const outputPadding = numberAttribute(attributes, 'outputPadding');
  const groups = numberAttribute(attributes, 'groups');
  const output = (x[1] - 1) * stride - 2 * padding + weight[0] + outputPadding;
  if (x.length !== 3 || weight.length !== 3 || weight[1] !== x[2] || x[2] % groups !== 0 || output < 1) {
    throw new AiprodError('shape-mismatch', 'a transposed convolution does not fit its weight', {
      expected: `x [B, T, C], a weight [k, C, outChannels / ${groups}] and at least one output`,
      found: `[${x.join(', ')}] and [${weight.join(', ')}], ${output} outputs`,
    });
  }
  return {
    batch: x[0],
    input: x[1],
    output,
    kernel: weight[0],
    stride,
    padding,
    inChannels: x[2],
    outChannels: weight[2] * groups,
    groups,
  };
}

/** Transposed correlation along one axis: input t adds x[t] · weight[k] to output t · stride + k - padding. */
export const transposedConvolutionOperation = defineOperation({
  name: 'transposedConvolution',

  infer([x, weight], attributes) {
    const { batch, output, outChannels } = geometry(x.shape, weight.shape, attributes);
    return { shape: [batch, output, outChannels], dtype: x.dtype };
  },

  reference([x, weight], attributes, output) {
    const result = emptyHostTensor(output);
    const g = geometry(x.shape, weight.shape, attributes);
    const groupIn = g.inChannels / g.groups;
    const groupOut = g.outChannels / g.groups;
    for (let b = 0; b < g.batch; b++) {
      const sums = new Float64Array(g.output * g.outChannels);
      for (let t = 0; t < g.input; t++) {
        for (let k = 0; k < g.kernel; k++) {
          const at = t * g.stride + k - g.padding;
          if (at < 0 || at >= g.output) continue;
          for (let c = 0; c < g.inChannels; c++) {
            const value = x.data[(b * g.input + t) * g.inChannels + c];
            const first = Math.floor(c / groupIn) * groupOut;
            for (let n = 0; n < groupOut; n++)
              sums[at * g.outChannels + first + n] += value * weight.data[(k * g.inChannels + c) * groupOut + n];
          }
        }
      }
      result.data.set(sums, b * g.output * g.outChannels);
    }
    return result;
  },

  lower(request) {
    const g = geometry(request.inputs[0].shape, request.inputs[1].shape, request.attributes);
    const depthwise = g.groups === g.inChannels && g.outChannels === g.inChannels;
    const vector = g.outChannels % 4 === 0 && (depthwise || (g.groups === 1 && g.inChannels % 4 === 0));
    const count = elementCount(request.output.shape);
    const items = count / (vector ? 4 : 1);
    const taps = Math.ceil(g.kernel / g.stride);
    const { epilogue, operands } = epilogueParts(request, 3);
    return {
      calls: [
        {
          kernel: 'convolution/transposed1d',
          conditions: { vector, depthwise },
          constants: {
            INPUT: g.input,
            OUTPUT: g.output,
            KERNEL: g.kernel,
            STRIDE: g.stride,
            PADDING: g.padding,
            IN_CHANNELS: g.inChannels,
            OUT_CHANNELS: g.outChannels,
            GROUPS: g.groups,
          },
          modules: { epilogue },
          operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...operands],
          uniforms: [{ u32: items }],
          workgroups: foldedGrid(items, 64),
          flops: (2 * count * taps * g.inChannels) / g.groups,
        },
      ],
    };
  },

  absorbsEpilogue: () => true,

  // Backwards it is a convolution of the result's gradient with the same weight, whose channels have changed sides.
  gradient({ inputs: [x, weight], gradient, attributes, wants }) {
    const { stride, padding, kernel, groups, input, output } = geometry(x.shape, weight.shape, attributes);
    const reach = (input - 1) * stride + kernel - padding;
    const read = reach < output ? slice(gradient, 1, 0, reach) : gradient;
    const around: [number, number] = [padding, Math.max(0, reach - output)];
    const swapped = permute(weight, [0, 2, 1]);
    const byInput = wants(0) ? conv1d(read, swapped, { stride, padding: around, groups }) : undefined;
    if (!wants(1)) return [byInput];
    const rules = { stride: [stride], dilation: [1], padding: [around], modes: ['zeros'], groups };
    return [byInput, permute(convolutionWeightGradient(read, x, [kernel], rules), [0, 2, 1])];
  },
});

export interface TransposedConvolution1dOptions {
  readonly stride: number;
  /** Outputs cut off at both ends. */
  readonly padding: number;
  /** Outputs added at the end. */
  readonly outputPadding?: number;
  /** Channels are split into this many groups that do not see each other; C for a depthwise one. */
  readonly groups?: number;
}

/**
 * One-dimensional transposed convolution of channels-last sequences.
 * @param x [B, T, C]
 * @param weight [k, C, outChannels / groups]: PyTorch's [C, outChannels / groups, k] permuted by [2, 0, 1]
 * @returns [B, (T - 1) * stride - 2 * padding + k + outputPadding, outChannels]
 * @throws AiprodError `shape-mismatch`.
 */
export function convTranspose1d(x: Tensor, weight: Tensor, options: TransposedConvolution1dOptions): Tensor {
  const { stride, padding, outputPadding = 0, groups = 1 } = options;
  return x.tracer.apply('transposedConvolution', [x, weight], { stride, padding, outputPadding, groups });
}
