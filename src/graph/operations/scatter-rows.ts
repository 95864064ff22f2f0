import { reshape } from '../arithmetic';
import { numberAttribute } from '../attributes';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import { defineOperation } from '../operation';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor } from '../types';

/** Sums of rows by number: row r of the result adds up every row whose number is r. */
export const scatterRowsOperation = defineOperation({
  name: 'scatterRows',

  infer: ([x], attributes) => ({ shape: [numberAttribute(attributes, 'rows'), x.shape[1]], dtype: x.dtype }),

  reference([x, ids], _attributes, output) {
    const result = emptyHostTensor(output);
    const [count, width] = x.shape;
    for (let k = 0; k < count; k++) {
      for (let c = 0; c < width; c++) result.data[ids.data[k] * width + c] += x.data[k * width + c];
    }
    return result;
  },

  // Each invocation looks for its row's numbers itself: no atomics, and the same sum in every run.
  lower(request) {
    const [{ shape }] = request.inputs;
    const [count, width] = shape;
    const items = elementCount(request.output.shape);
    const { epilogue, operands } = epilogueParts(request, 3);
    return {
      calls: [
        {
          kernel: 'shape/scatter_rows',
          modules: { epilogue },
          operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...operands],
          uniforms: [items, count, width, request.output.shape[0]].map((u32) => ({ u32 })),
          workgroups: foldedGrid(items, 64),
        },
      ],
    };
  },

  absorbsEpilogue: () => true,
});

/**
 * What `gatherRows` does backwards.
 * @param x [..., C]
 * @param ids integers [...], each from 0 to rows - 1
 * @returns [rows, C]
 */
export function scatterRows(x: Tensor, ids: Tensor, rows: number): Tensor {
  const width = x.shape[x.shape.length - 1];
  return x.tracer.apply('scatterRows', [reshape(x, [-1, width]), ids], { rows });
}
