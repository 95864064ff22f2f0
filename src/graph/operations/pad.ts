import { AiprodError } from '../../errors';
import { pairsAttribute, textAttribute } from '../attributes';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import { defineOperation, type Attributes } from '../operation';
import { checkPadding, paddedIndex, paddedIndexCode, paddingModes, type PaddingMode } from '../padding';
import type { Tensor } from '../tracer';
import { elementCount, emptyHostTensor, rowMajorStrides, type Shape } from '../types';
import { foldPadding } from './fold-padding';
import { isFloat } from './strided-copy';

interface PaddedAxis {
  readonly size: number;
  readonly before: number;
  readonly after: number;
}

/** The axes of a padded value; neighbouring axes without padding count as one. */
function paddedAxes(shape: Shape, attributes: Attributes): { axes: PaddedAxis[]; mode: PaddingMode } {
  const padding = pairsAttribute(attributes, 'padding');
  const axes: PaddedAxis[] = [];
  shape.forEach((size, k) => {
    const [before, after] = padding[k];
    const last = axes[axes.length - 1];
    if (before === 0 && after === 0 && last !== undefined && last.before === 0 && last.after === 0) {
      axes[axes.length - 1] = { size: last.size * size, before: 0, after: 0 };
    } else {
      axes.push({ size, before, after });
    }
  });
  return { axes, mode: textAttribute(attributes, 'mode', paddingModes) };
}

/** WGSL `source_index(k)`: the input element that output element `k` shows, or -1 for zero. */
function padMapModule(axes: readonly PaddedAxis[], mode: PaddingMode): string {
  const from = rowMajorStrides(axes.map((axis) => axis.size));
  const to = rowMajorStrides(axes.map((axis) => axis.size + axis.before + axis.after));
  const lines = ['  var rest = k;', '  var at = 0;'];
  axes.forEach(({ size, before, after }, axis) => {
    lines.push(`  let c${axis} = i32(rest / ${to[axis]}u);`, `  rest -= u32(c${axis}) * ${to[axis]}u;`);
    if (before === 0 && after === 0) {
      lines.push(`  at += c${axis} * ${from[axis]};`);
      return;
    }
    if (mode === 'zeros') lines.push(`  if (c${axis} < ${before} || c${axis} >= ${before + size}) { return -1; }`);
    lines.push(`  at += ${paddedIndexCode(`(c${axis} - ${before})`, `${size - 1}`, mode)} * ${from[axis]};`);
  });
  return `fn source_index(k: u32) -> i32 {\n${lines.join('\n')}\n  return at;\n}\n`;
}

/** Extends axes at both ends. */
export const padOperation = defineOperation({
  name: 'pad',

  infer([x], attributes) {
    const padding = pairsAttribute(attributes, 'padding');
    const mode = textAttribute(attributes, 'mode', paddingModes);
    if (padding.length !== x.shape.length) {
      throw new AiprodError('shape-mismatch', 'pad needs one pair for each axis', {
        expected: `${x.shape.length} pairs`,
        found: String(padding.length),
      });
    }
    const shape = x.shape.map((size, axis) => {
      checkPadding(`axis ${axis}`, size, padding[axis], mode);
      return size + padding[axis][0] + padding[axis][1];
    });
    return { shape, dtype: x.dtype };
  },

  reference([x], attributes, output) {
    const result = emptyHostTensor(output);
    const { axes, mode } = paddedAxes(x.shape, attributes);
    const from = rowMajorStrides(axes.map((axis) => axis.size));
    const to = rowMajorStrides(axes.map((axis) => axis.size + axis.before + axis.after));
    for (let k = 0; k < result.data.length; k++) {
      let rest = k;
      let at = 0;
      for (let axis = 0; axis < axes.length; axis++) {
        const coordinate = Math.floor(rest / to[axis]);
        rest -= coordinate * to[axis];
        const index = paddedIndex(coordinate - axes[axis].before, axes[axis].size, mode);
        at = index < 0 || at < 0 ? -1 : at + index * from[axis];
      }
      result.data[k] = at < 0 ? 0 : x.data[at];
    }
    return result;
  },

  lower(request) {
    const { axes, mode } = paddedAxes(request.inputs[0].shape, request.attributes);
    const last = axes[axes.length - 1];
    // Four neighbours of an unpadded innermost axis are four neighbours in the input.
    const vector = last !== undefined && last.before === 0 && last.after === 0 && last.size % 4 === 0;
    const count = elementCount(request.output.shape);
    const { epilogue, operands } = epilogueParts(request, 2);
    return {
      calls: [
        {
          kernel: 'shape/pad',
          conditions: { vector, integer: !isFloat(request.output) },
          modules: { pad_map: padMapModule(axes, mode), epilogue },
          operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, ...operands],
          uniforms: [{ u32: count }],
          workgroups: foldedGrid(Math.ceil(count / 4), 64),
        },
      ],
    };
  },

  absorbsEpilogue: ([x]) => isFloat(x),

  gradient({ gradient, attributes }) {
    const mode = textAttribute(attributes, 'mode', paddingModes);
    const padding = pairsAttribute(attributes, 'padding');
    return [padding.reduce((folded, pair, axis) => foldPadding(folded, axis, pair, mode), gradient)];
  },
});

/**
 * Extends each axis by `[before, after]` elements. Convolutions pad by themselves and need no copy.
 * @throws AiprodError `shape-mismatch`, e.g. when `reflect` would need more than size - 1 elements.
 */
export function pad(x: Tensor, padding: readonly (readonly [number, number])[], mode: PaddingMode = 'zeros'): Tensor {
  return x.tracer.apply('pad', [x], { padding, mode });
}
