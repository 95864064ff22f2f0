import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import type { KernelCall, LoweringRequest } from '../operation';
import { emptyHostTensor, rowMajorStrides, type HostTensor, type Shape, type TensorType } from '../types';

/** One dimension of a copy between two row-major values. */
interface CopyDimension {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Which elements of a source go where: the element at coordinate c moves from Σ c·from + fromOffset to Σ c·to + toOffset. */
export interface StridedCopy {
  readonly dimensions: readonly CopyDimension[];
  readonly fromOffset: number;
  readonly toOffset: number;
}

/** Describes a copy over `sizes`; neighbouring dimensions whose strides continue each other are merged. */
export function stridedCopy(sizes: Shape, from: readonly number[], to: readonly number[], fromOffset = 0, toOffset = 0): StridedCopy {
  const dimensions: CopyDimension[] = [];
  sizes.forEach((size, axis) => {
    if (size === 1) return;
    const last = dimensions[dimensions.length - 1];
    if (last !== undefined && last.from === from[axis] * size && last.to === to[axis] * size) {
      dimensions[dimensions.length - 1] = { size: last.size * size, from: from[axis], to: to[axis] };
    } else {
      dimensions.push({ size, from: from[axis], to: to[axis] });
    }
  });
  return { dimensions, fromOffset, toOffset };
}

/** Runs a copy on the CPU. */
export function copyStrided(copy: StridedCopy, source: HostTensor['data'], target: HostTensor['data']): void {
  const { dimensions } = copy;
  const position = new Array<number>(dimensions.length).fill(0);
  const count = dimensions.reduce((product, dimension) => product * dimension.size, 1);
  let from = copy.fromOffset;
  let to = copy.toOffset;
  for (let k = 0; k < count; k++) {
    target[to] = source[from];
    for (let axis = dimensions.length - 1; axis >= 0; axis--) {
      const dimension = dimensions[axis];
      from += dimension.from;
      to += dimension.to;
      if (++position[axis] < dimension.size) break;
      from -= dimension.from * dimension.size;
      to -= dimension.to * dimension.size;
      position[axis] = 0;
    }
  }
}

/** The reference of operations whose whole output is one copy. */
export function copiedTensor(copy: StridedCopy, source: HostTensor, output: TensorType): HostTensor {
  const result = emptyHostTensor(output);
  copyStrided(copy, source.data, result.data);
  return result;
}

/** Whether floats pass through the epilogue; integers are moved as they are. */
export function isFloat(type: TensorType): boolean {
  return type.dtype === 'f32' || type.dtype === 'f16';
}

/** The dispatch that copies input `index` into the output. */
export function copyCall(request: LoweringRequest, index: number, copy: StridedCopy): KernelCall {
  const { dimensions, fromOffset, toOffset } = copy;
  const count = dimensions.reduce((product, dimension) => product * dimension.size, 1);
  const last = dimensions[dimensions.length - 1];
  const vector =
    last !== undefined &&
    last.from === 1 &&
    last.to === 1 &&
    last.size % 4 === 0 &&
    fromOffset % 4 === 0 &&
    toOffset % 4 === 0 &&
    dimensions.slice(0, -1).every((dimension) => dimension.from % 4 === 0 && dimension.to % 4 === 0);
  const integer = !isFloat(request.output);
  const { epilogue, operands } = epilogueParts(request, 2);
  return {
    kernel: 'shape/copy',
    conditions: { vector, integer },
    modules: { copy_map: copyMapModule(copy), epilogue },
    operands: [{ kind: 'output' }, { kind: 'input', index }, ...operands],
    uniforms: [{ u32: count }],
    workgroups: foldedGrid(Math.ceil(count / 4), 64),
  };
}

/** WGSL functions `from_index` and `to_index` of the position k within the copy; sizes are literals, so that divisions are cheap. */
function copyMapModule({ dimensions, fromOffset, toOffset }: StridedCopy): string {
  const strides = rowMajorStrides(dimensions.map((dimension) => dimension.size));
  const lines: string[] = [];
  let rest = 'k';
  dimensions.forEach((_, axis) => {
    if (axis === dimensions.length - 1) {
      lines.push(`  let c${axis} = ${rest};`);
      return;
    }
    lines.push(`  let c${axis} = ${rest} / ${strides[axis]}u;`);
    lines.push(`  let r${axis} = ${rest} - c${axis} * ${strides[axis]}u;`);
    rest = `r${axis}`;
  });
  const sum = (key: 'from' | 'to', offset: number): string =>
    [`${offset}u`, ...dimensions.flatMap((dimension, axis) => (dimension[key] === 0 ? [] : [`c${axis} * ${dimension[key]}u`]))].join(' + ');
  const body = lines.join('\n');
  return [
    `fn from_index(k: u32) -> u32 {\n${body}\n  return ${sum('from', fromOffset)};\n}`,
    `fn to_index(k: u32) -> u32 {\n${body}\n  return ${sum('to', toOffset)};\n}`,
    '',
  ].join('\n');
}
