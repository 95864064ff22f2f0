import { AiprodError } from '../../errors';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import { defineOperation } from '../operation';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor } from '../types';
import { weightParts } from '../weight-modules';
import { scatterRows } from './scatter-rows';

/** Rows of a table by number; the kernel clamps numbers to the table, the reference refuses those outside it. */
export const gatherRowsOperation = defineOperation({
  name: 'gatherRows',

  infer([table, ids]) {
    if (table.shape.length !== 2 || (ids.dtype !== 'i32' && ids.dtype !== 'u32')) {
      throw new AiprodError('shape-mismatch', 'gatherRows needs a table and row numbers', {
        expected: '[V, C] and integers',
        found: `[${table.shape.join(', ')}] and ${ids.dtype}`,
      });
    }
    return { shape: [...ids.shape, table.shape[1]], dtype: table.dtype };
  },

  reference([table, ids], _attributes, output) {
    const result = emptyHostTensor(output);
    const [rows, width] = table.shape;
    for (let k = 0; k < ids.data.length; k++) {
      const id = ids.data[k];
      if (!(id >= 0 && id < rows)) {
        throw new AiprodError('bad-input', 'a row number is outside the table', { expected: `0 to ${rows - 1}`, found: String(id) });
      }
      for (let c = 0; c < width; c++) result.data[k * width + c] = table.data[id * width + c];
    }
    return result;
  },

  lower(request) {
    const [rows, width] = request.inputs[0].shape;
    const count = elementCount(request.output.shape);
    const { epilogue, operands } = epilogueParts(request, 3);
    const weights = weightParts(request.inputs[0], width);
    return {
      calls: [
        {
          kernel: 'shape/gather_rows',
          conditions: { vector: width % 4 === 0, ...weights.conditions },
          constants: { WIDTH: width, ...weights.constants },
          modules: { epilogue },
          implementations: weights.implementations,
          operands: [{ kind: 'output' }, { kind: 'input', index: 1 }, { kind: 'input', index: 0 }, ...operands],
          uniforms: [{ u32: count }, { u32: rows }],
          workgroups: foldedGrid(Math.ceil(count / 4), 64),
        },
      ],
    };
  },

  absorbsEpilogue: () => true,

  decodes: () => ({ input: 0, rows: 'first' }),

  gradient: ({ inputs: [table, ids], gradient }) => [scatterRows(gradient, ids, table.shape[0])],
});

/**
 * Rows of an embedding table.
 * @param table [V, C]
 * @param ids integers [...], each from 0 to V - 1
 * @returns [..., C]
 */
export function gatherRows(table: Tensor, ids: Tensor): Tensor {
  return table.tracer.apply('gatherRows', [table, ids]);
}
