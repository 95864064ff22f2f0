import { AiprodError } from '../../errors';
import { add, multiply, reshape, rsqrt, square, subtract } from '../arithmetic';
import { numberAttribute, textAttribute } from '../attributes';
import { defineOperation } from '../operation';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor } from '../types';
import { lowerGroupNorm, lowerRowNorm } from './normalization-kernels';
import { rowNormGradient } from './normalization-gradient';
import { mean } from './reduce';

/** What a row is divided by: its root mean square, or its standard deviation after its mean is subtracted. */
export const rowNormKinds = ['rms', 'layer'] as const;

/** Normalises each row of the last axis; scale and shift come through the epilogue. */
export const rowNormOperation = defineOperation({
  name: 'rowNorm',

  infer: ([x]) => ({ shape: x.shape, dtype: x.dtype }),

  reference([x], attributes, output) {
    const result = emptyHostTensor(output);
    const eps = numberAttribute(attributes, 'eps');
    const centred = textAttribute(attributes, 'kind', rowNormKinds) === 'layer';
    const width = x.shape[x.shape.length - 1];
    for (let start = 0; start < x.data.length; start += width) {
      let mean = 0;
      if (centred) {
        for (let c = 0; c < width; c++) mean += x.data[start + c];
        mean /= width;
      }
      let squares = 0;
      for (let c = 0; c < width; c++) squares += (x.data[start + c] - mean) ** 2;
      const factor = 1 / Math.sqrt(squares / width + eps);
      for (let c = 0; c < width; c++) result.data[start + c] = (x.data[start + c] - mean) * factor;
    }
    return result;
  },

  lower: lowerRowNorm,

  absorbsEpilogue: () => true,

  gradient: ({ inputs: [x], gradient, attributes }) => [rowNormGradient(x, gradient, attributes)],
});

/** Normalises groups of channels over all positions of a batch entry (Wu and He 2018); scale and shift come through the epilogue. */
export const groupNormOperation = defineOperation({
  name: 'groupNorm',

  infer([x], attributes) {
    const groups = numberAttribute(attributes, 'groups');
    const channels = x.shape[x.shape.length - 1];
    if (x.shape.length < 2 || !Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
      throw new AiprodError('shape-mismatch', 'groupNorm cannot divide the channels', {
        expected: '[B, ..., C] with C divisible by the groups',
        found: `[${x.shape.join(', ')}] and ${groups} groups`,
      });
    }
    return { shape: x.shape, dtype: x.dtype };
  },

  reference([x], attributes, output) {
    const result = emptyHostTensor(output);
    const groups = numberAttribute(attributes, 'groups');
    const eps = numberAttribute(attributes, 'eps');
    const channels = x.shape[x.shape.length - 1];
    const positions = elementCount(x.shape.slice(1, -1));
    const width = channels / groups;
    for (let batch = 0; batch < x.shape[0]; batch++) {
      for (let group = 0; group < groups; group++) {
        const each = (visit: (at: number) => void): void => {
          for (let position = 0; position < positions; position++) {
            const start = (batch * positions + position) * channels + group * width;
            for (let c = 0; c < width; c++) visit(start + c);
          }
        };
        let mean = 0;
        each((at) => (mean += x.data[at]));
        mean /= positions * width;
        let squares = 0;
        each((at) => (squares += (x.data[at] - mean) ** 2));
        const factor = 1 / Math.sqrt(squares / (positions * width) + eps);
        each((at) => (result.data[at] = (x.data[at] - mean) * factor));
      }
    }
    return result;
  },

  lower: lowerGroupNorm,

  absorbsEpilogue: () => true,

  // As for a row: (g - mean(g) - y mean(g y)) / deviation, with means over a group.
  gradient({ inputs: [x], output, gradient, attributes }) {
    const groups = numberAttribute(attributes, 'groups');
    const channels = x.shape[x.shape.length - 1];
    const grouped = (value: Tensor): Tensor => reshape(value, [x.shape[0], -1, groups, channels / groups]);
    const over = (value: Tensor): Tensor => mean(value, [1, 3], { keepDims: true });
    const [g, y] = [grouped(gradient), grouped(output)];
    const values = multiply(grouped(x), 1, 'f32');
    const variance = over(square(subtract(values, over(values))));
    const factor = rsqrt(add(variance, numberAttribute(attributes, 'eps')));
    const centred = subtract(g, over(g));
    return [reshape(multiply(subtract(centred, multiply(y, over(multiply(g, y)))), factor), x.shape)];
  },
});

interface AffineOptions {
  /** Added to the variance or mean square. */
  readonly eps: number;
  /** Factor for each channel, [C]. */
  readonly weight?: Tensor;
}

function affine(x: Tensor, weight: Tensor | undefined, bias: Tensor | undefined): Tensor {
  const scaled = weight === undefined ? x : multiply(x, weight, x.dtype);
  return bias === undefined ? scaled : add(scaled, bias, x.dtype);
}

/** x / sqrt(mean(x²) + eps) over the last axis, times `weight` (Zhang and Sennrich 2019). */
export function rmsNorm(x: Tensor, options: AffineOptions): Tensor {
  return affine(x.tracer.apply('rowNorm', [x], { kind: 'rms', eps: options.eps }), options.weight, undefined);
}

/** (x - mean) / sqrt(variance + eps) over the last axis, times `weight` plus `bias` (Ba et al. 2016). */
export function layerNorm(x: Tensor, options: AffineOptions & { readonly bias?: Tensor }): Tensor {
  return affine(x.tracer.apply('rowNorm', [x], { kind: 'layer', eps: options.eps }), options.weight, options.bias);
}

/**
 * Group norm of channels-last values.
 * @param x [B, ..., C]; each group of C / groups neighbouring channels is normalised over all positions of a batch entry.
 * @throws AiprodError `shape-mismatch`.
 */
export function groupNorm(x: Tensor, options: AffineOptions & { readonly groups: number; readonly bias?: Tensor }): Tensor {
  return affine(x.tracer.apply('groupNorm', [x], { groups: options.groups, eps: options.eps }), options.weight, options.bias);
}
