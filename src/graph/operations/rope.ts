import { AiprodError } from '../../errors';
import { negate } from '../arithmetic';
import { textAttribute } from '../attributes';
import { broadcastShapes, broadcastStrides } from '../broadcast';
import { foldedGrid } from '../lowering';
import { defineOperation } from '../operation';
import { indexExpression } from '../pointwise/wgsl';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor, rowMajorStrides, sameShape, type Shape } from '../types';

/** Which channels make pair i of D / 2: 2i and 2i + 1 (`interleaved`), or i and i + D / 2 (`split`). */
export type RopeLayout = 'interleaved' | 'split';

const layouts = ['interleaved', 'split'] as const;

/** The shape of one number per pair. */
function pairShape(shape: Shape): number[] {
  return [...shape.slice(0, -1), shape[shape.length - 1] / 2];
}

/** Rotary position embedding (Su et al. 2021): pair (a, b) becomes (a cos - b sin, b cos + a sin). */
export const ropeOperation = defineOperation({
  name: 'rope',

  infer([x, cos, sin]) {
    const pairs = pairShape(x.shape);
    const fits =
      Number.isInteger(pairs[pairs.length - 1]) &&
      sameShape(cos.shape, sin.shape) &&
      sameShape(broadcastShapes(cos.shape, pairs, 'rope'), pairs);
    if (!fits) {
      throw new AiprodError('shape-mismatch', 'rope tables do not fit the value', {
        expected: `an even last size, and cos and sin that broadcast to [${pairs.join(', ')}]`,
        found: `[${x.shape.join(', ')}] with [${cos.shape.join(', ')}] and [${sin.shape.join(', ')}]`,
      });
    }
    return { shape: x.shape, dtype: x.dtype };
  },

  reference([x, cos, sin], attributes, output) {
    const result = emptyHostTensor(output);
    const split = textAttribute(attributes, 'layout', layouts) === 'split';
    const shape = pairShape(x.shape);
    const strides = rowMajorStrides(shape);
    const tableStrides = broadcastStrides(cos.shape, shape);
    const half = shape[shape.length - 1];
    const count = elementCount(shape);
    for (let pair = 0; pair < count; pair++) {
      let rest = pair;
      let at = 0;
      for (let axis = 0; axis < shape.length; axis++) {
        const coordinate = Math.floor(rest / strides[axis]);
        rest -= coordinate * strides[axis];
        at += coordinate * tableStrides[axis];
      }
      const first = split ? pair + Math.floor(pair / half) * half : 2 * pair;
      const second = first + (split ? half : 1);
      const [a, b] = [x.data[first], x.data[second]];
      result.data[first] = a * cos.data[at] - b * sin.data[at];
      result.data[second] = b * cos.data[at] + a * sin.data[at];
    }
    return result;
  },

  lower({ inputs: [x, cos], attributes }) {
    const shape = pairShape(x.shape);
    const half = shape[shape.length - 1];
    const pairs = elementCount(shape);
    const repeatedInRow = cos.shape[cos.shape.length - 1] !== half;
    const vector = half % 4 === 0 && !repeatedInRow;
    return {
      calls: [
        {
          kernel: 'rope/rotate',
          conditions: { vector, split: textAttribute(attributes, 'layout', layouts) === 'split' },
          constants: { HALF: half },
          modules: { table_map: `fn table_index(index: u32) -> u32 { return ${indexExpression(cos.shape, shape)}; }\n` },
          operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, { kind: 'input', index: 2 }],
          uniforms: [{ u32: pairs }],
          workgroups: foldedGrid(Math.ceil(pairs / 4), 64),
          flops: pairs * 6,
        },
      ],
    };
  },

  // The turn back. Tables come from positions, which nobody trains.
  gradient({ inputs: [, cos, sin], gradient, attributes, wants }) {
    if (wants(1) || wants(2)) throw new AiprodError('missing-feature', 'rotary tables have no gradient rule', { found: 'rope' });
    return [rope(gradient, cos, negate(sin), { layout: textAttribute(attributes, 'layout', layouts) })];
  },
});

/**
 * Rotary position embedding over pairs of the last axis.
 * @param x [B, N, ..., D], D even
 * @param cos one number per pair, f32, broadcastable to [B, N, ..., D / 2]: [N, D / 2] for x [B, N, D], [N, H or 1, D / 2]
 *   for x [B, N, H, D] (the tables of src/numeric/rotary-tables.ts)
 * @param sin like `cos`
 * @throws AiprodError `shape-mismatch`.
 */
export function rope(x: Tensor, cos: Tensor, sin: Tensor, options: { layout: RopeLayout }): Tensor {
  return x.tracer.apply('rope', [x, cos, sin], { layout: options.layout });
}
