import { numberAttribute, textAttribute } from '../attributes';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import { defineOperation } from '../operation';
import { paddedIndex, paddingModes, type PaddingMode } from '../padding';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor } from '../types';
import { slice } from './slice';

const mirrored = ['reflect', 'replicate'] as const;

/** What padding does backwards: elements beyond the edges of one axis are added to those whose copies they are. */
export const foldPaddingOperation = defineOperation({
  name: 'foldPadding',

  infer([x], attributes) {
    const axis = numberAttribute(attributes, 'axis');
    const around = numberAttribute(attributes, 'before') + numberAttribute(attributes, 'after');
    return { shape: x.shape.map((size, k) => (k === axis ? size - around : size)), dtype: x.dtype };
  },

  reference([x], attributes, output) {
    const result = emptyHostTensor(output);
    const axis = numberAttribute(attributes, 'axis');
    const before = numberAttribute(attributes, 'before');
    const mode = textAttribute(attributes, 'mode', paddingModes);
    const inner = elementCount(x.shape.slice(axis + 1));
    const [padded, size] = [x.shape[axis], output.shape[axis]];
    for (let k = 0; k < x.data.length; k++) {
      const position = Math.floor(k / inner) % padded;
      const outer = Math.floor(k / (inner * padded));
      const index = paddedIndex(position - before, size, mode);
      if (index >= 0) result.data[(outer * size + index) * inner + (k % inner)] += x.data[k];
    }
    return result;
  },

  lower(request) {
    const { attributes, output } = request;
    const axis = numberAttribute(attributes, 'axis');
    const inner = elementCount(output.shape.slice(axis + 1));
    const count = elementCount(output.shape);
    const { epilogue, operands } = epilogueParts(request, 2);
    return {
      calls: [
        {
          kernel: 'shape/fold_padding',
          conditions: { reflect: textAttribute(attributes, 'mode', mirrored) === 'reflect' },
          modules: { epilogue },
          operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, ...operands],
          uniforms: [count, output.shape[axis], numberAttribute(attributes, 'before'), numberAttribute(attributes, 'after'), inner].map(
            (u32) => ({ u32 }),
          ),
          workgroups: foldedGrid(count, 64),
        },
      ],
    };
  },

  absorbsEpilogue: () => true,
});

/** The gradient by a value of one axis, from that by the value padded `before` and `after` (src/graph/padding.ts). */
export function foldPadding(x: Tensor, axis: number, [before, after]: readonly [number, number], mode: PaddingMode): Tensor {
  if (before === 0 && after === 0) return x;
  if (mode === 'zeros') return slice(x, axis, before, x.shape[axis] - before - after);
  return x.tracer.apply('foldPadding', [x], { axis, before, after, mode });
}
