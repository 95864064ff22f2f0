import { numberAttribute, textAttribute } from '../attributes';
import { defineOperation, type Attributes } from '../operation';
import type { Tensor } from '../tracer';
import { emptyHostTensor } from '../types';
import { lowerRowNormGradient } from './normalization-kernels';
import { rowNormKinds } from './normalization';

/**
 * Gradient of a normalised row: with y the row, d what it was divided by and g the gradient of y, (g - mean(g) - y mean(g y)) / d,
 * without mean(g) where no mean was subtracted (Ba et al. 2016; Zhang and Sennrich 2019).
 */
export const rowNormGradientOperation = defineOperation({
  name: 'rowNormGradient',

  infer: ([x]) => ({ shape: x.shape, dtype: 'f32' }),

  reference([x, g], attributes, output) {
    const result = emptyHostTensor(output);
    const eps = numberAttribute(attributes, 'eps');
    const centred = textAttribute(attributes, 'kind', rowNormKinds) === 'layer';
    const width = x.shape[x.shape.length - 1];
    for (let start = 0; start < x.data.length; start += width) {
      const meanOf = (value: (at: number) => number): number => {
        let sum = 0;
        for (let c = 0; c < width; c++) sum += value(start + c);
        return sum / width;
      };
      const mean = centred ? meanOf((at) => x.data[at]) : 0;
      const factor = 1 / Math.sqrt(meanOf((at) => (x.data[at] - mean) ** 2) + eps);
      const normed = (at: number): number => (x.data[at] - mean) * factor;
      const shift = centred ? meanOf((at) => g.data[at]) : 0;
      const share = meanOf((at) => g.data[at] * normed(at));
      for (let c = 0; c < width; c++) result.data[start + c] = (g.data[start + c] - shift - normed(start + c) * share) * factor;
    }
    return result;
  },

  lower: lowerRowNormGradient,

  absorbsEpilogue: () => true,
});

/**
 * The gradient by `x` of a `rowNorm` with these attributes.
 * @param x [..., C]
 * @param gradient by the normalised rows, of the shape of `x`
 */
export function rowNormGradient(x: Tensor, gradient: Tensor, attributes: Attributes): Tensor {
  return x.tracer.apply('rowNormGradient', [x, gradient], attributes);
}
