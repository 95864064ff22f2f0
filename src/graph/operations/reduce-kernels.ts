import { numbersAttribute, textAttribute } from '../attributes';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import type { KernelCall, KernelOperand, Lowering, LoweringRequest } from '../operation';
import { elementCount, rowMajorStrides } from '../types';
import { reductions, reductionWalks, type WalkDimension } from './reduce';

/** Fewer outputs than this leave most of a device idle, so long reductions are first cut into chunks. */
const enoughOutputs = { software: 16, gpu: 4096 };
const shortestChunk = 256;

/** Kernel selection for reductions: one pass, or one over chunks and one over their results. */
export function lowerReduce(request: LoweringRequest): Lowering {
  const [x] = request.inputs;
  const kind = textAttribute(request.attributes, 'kind', reductions);
  const { outer, inner } = reductionWalks(x.shape, numbersAttribute(request.attributes, 'axes'));
  const outputs = elementCount(request.output.shape);
  const length = elementCount(x.shape) / outputs;
  const scale = kind === 'mean' ? 1 / length : 1;
  const { epilogue, operands } = epilogueParts(request, 2);
  const final = { maximum: kind === 'max', squares: kind === 'squares', scale, modules: { epilogue }, extras: operands };

  const wanted = request.capabilities.software ? enoughOutputs.software : enoughOutputs.gpu;
  const chunks = Math.min(Math.ceil(wanted / outputs), Math.floor(length / shortestChunk));
  if (chunks < 2) {
    return { calls: [pass({ kind: 'output' }, { kind: 'input', index: 0 }, outputs, 1, length, outer, inner, final)] };
  }
  const partial = { ...final, scale: 1, modules: { epilogue: epilogueParts({ ...request, epilogue: undefined }, 2).epilogue }, extras: [] };
  return {
    scratch: [{ shape: [outputs, chunks], dtype: 'f32' }],
    calls: [
      pass({ kind: 'scratch', index: 0 }, { kind: 'input', index: 0 }, outputs, chunks, length, outer, inner, partial),
      pass(
        { kind: 'output' },
        { kind: 'scratch', index: 0, access: 'read' },
        outputs,
        1,
        chunks,
        [{ size: outputs, stride: chunks }],
        [{ size: chunks, stride: 1 }],
        { ...final, squares: false },
      ),
    ],
  };
}

/** The dispatch that adds up a scratch value [chunks, ...output] over its chunks, into the output, the request's epilogue included. */
export function sumOfChunks(request: LoweringRequest, scratch: number, chunks: number): KernelCall {
  const outputs = elementCount(request.output.shape);
  const { epilogue, operands } = epilogueParts(request, 2);
  return pass(
    { kind: 'output' },
    { kind: 'scratch', index: scratch, access: 'read' },
    outputs,
    1,
    chunks,
    [{ size: outputs, stride: 1 }],
    [{ size: chunks, stride: outputs }],
    { maximum: false, squares: false, scale: 1, modules: { epilogue }, extras: operands },
  );
}

interface PassSettings {
  readonly maximum: boolean;
  readonly squares: boolean;
  readonly scale: number;
  readonly modules: Readonly<Record<string, string>>;
  readonly extras: readonly KernelOperand[];
}

function pass(
  to: KernelOperand,
  from: KernelOperand,
  outputs: number,
  chunks: number,
  length: number,
  outer: readonly WalkDimension[],
  inner: readonly WalkDimension[],
  settings: PassSettings,
): KernelCall {
  const chunkLength = Math.ceil(length / chunks);
  // Four neighbouring outputs read four neighbouring inputs when the innermost axis is not reduced.
  const last = outer[outer.length - 1];
  const vector =
    chunks === 1 &&
    last !== undefined &&
    last.stride === 1 &&
    last.size % 4 === 0 &&
    alignedButLast(outer) &&
    inner.every((w) => w.stride % 4 === 0);
  const items = (outputs * chunks) / (vector ? 4 : 1);
  return {
    kernel: 'reduction/reduce',
    conditions: { vector, maximum: settings.maximum, squares: settings.squares },
    constants: { CHUNKS: chunks, CHUNK_LENGTH: chunkLength, LENGTH: length },
    modules: { ...settings.modules, walk: `${offsetFunction('outer_offset', outer)}${offsetFunction('inner_offset', inner)}` },
    operands: [to, from, ...settings.extras],
    uniforms: [{ u32: items }, { f32: settings.scale }],
    workgroups: foldedGrid(items, 64),
    flops: outputs * length,
  };
}

function alignedButLast(walk: readonly WalkDimension[]): boolean {
  return walk.slice(0, -1).every((dimension) => dimension.stride % 4 === 0);
}

/** WGSL that turns the position k along a walk into an input offset. */
function offsetFunction(name: string, walk: readonly WalkDimension[]): string {
  const strides = rowMajorStrides(walk.map((dimension) => dimension.size));
  const terms = walk.map(({ size, stride }, axis) => {
    const quotient = strides[axis] === 1 ? 'k' : `k / ${strides[axis]}u`;
    return `(${axis === 0 ? quotient : `(${quotient}) % ${size}u`}) * ${stride}u`;
  });
  return `fn ${name}(k: u32) -> u32 { return ${terms.length === 0 ? '0u' : terms.join(' + ')}; }\n`;
}
