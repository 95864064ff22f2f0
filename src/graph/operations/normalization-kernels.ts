import { numberAttribute } from '../attributes';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import type { KernelCall, Lowering, LoweringRequest } from '../operation';
import { AiprodError } from '../../errors';
import { elementCount, type TensorType } from '../types';

/** The widest row a workgroup keeps in registers: vectors of four elements for each invocation. */
const heldVectors = 8;

interface RowPlan {
  /** Whether a workgroup shares one row, or each invocation has a row of its own. */
  readonly cooperative: boolean;
  readonly groupSize: number;
}

/**
 * CPU drivers run the invocations of a workgroup one after the other, so rows are dealt out singly; a GPU wants neighbouring
 * invocations to read neighbouring elements.
 */
function rowPlan(request: LoweringRequest, family: string, rows: number, width: number): RowPlan {
  const { capabilities, forceKernel } = request;
  const kinds = [`${family}_row_per_invocation`, `${family}_row_per_workgroup`];
  if (forceKernel !== undefined && !kinds.includes(forceKernel)) {
    throw new AiprodError('bad-usage', `no kernel named ${forceKernel} computes this operation`, { expected: kinds.join(', ') });
  }
  const cooperative = forceKernel === undefined ? !capabilities.software : forceKernel === kinds[1];
  if (!cooperative) return { cooperative, groupSize: rows >= 256 ? 16 : 4 };
  const wanted = Math.ceil(width / 4);
  const most = Math.min(256, capabilities.maxInvocationsPerWorkgroup);
  let groupSize = 32;
  while (groupSize < wanted && groupSize * 2 <= most) groupSize *= 2;
  return { cooperative, groupSize };
}

/** A dispatch over the rows of the last axis. */
function rowCall(
  request: LoweringRequest,
  kernel: string,
  family: string,
  conditions: Record<string, boolean>,
  eps: number,
  mostHeld = heldVectors,
): KernelCall {
  const { shape } = request.output;
  const width = shape[shape.length - 1];
  const rows = elementCount(shape) / width;
  const { cooperative, groupSize } = rowPlan(request, family, rows, width);
  const vector = width % 4 === 0;
  const lanes = vector ? 4 : 1;
  const held = Math.ceil(width / (lanes * groupSize));
  const { epilogue, operands } = epilogueParts(request, request.inputs.length + 1);
  return {
    kernel,
    conditions: { ...conditions, vector, cooperative, held: cooperative && held <= mostHeld },
    constants: { WIDTH: width, GROUP: groupSize, HELD: held },
    modules: { epilogue },
    operands: [{ kind: 'output' }, ...request.inputs.map((_, index) => ({ kind: 'input' as const, index })), ...operands],
    uniforms: [{ u32: rows }, { f32: eps }, { u32: width / lanes }],
    workgroups: cooperative ? foldedGrid(rows, 1) : foldedGrid(rows, groupSize),
    flops: elementCount(shape) * 6,
  };
}

/** Kernel selection for RMS and layer norm. */
export function lowerRowNorm(request: LoweringRequest): Lowering {
  const eps = numberAttribute(request.attributes, 'eps');
  return { calls: [rowCall(request, 'normalization/rows', 'norm', { centred: request.attributes.kind === 'layer' }, eps)] };
}

/** Kernel selection for the gradient of RMS and layer norm: the same rows, looked at with their gradients. */
export function lowerRowNormGradient(request: LoweringRequest): Lowering {
  const eps = numberAttribute(request.attributes, 'eps');
  const centred = request.attributes.kind === 'layer';
  return { calls: [rowCall(request, 'normalization/rows_gradient', 'norm_gradient', { centred }, eps, heldVectors / 2)] };
}

/** Kernel selection for softmax. */
export function lowerSoftmax(request: LoweringRequest): Lowering {
  return { calls: [rowCall(request, 'normalization/softmax_rows', 'softmax', {}, 0)] };
}

/** Invocations that group statistics are shared out to, when there are that many positions. */
const statisticsInvocations = { software: 64, gpu: 8192 };

/** Kernel selection for group norm: statistics of chunks, their combination, and the application with the epilogue. */
export function lowerGroupNorm(request: LoweringRequest): Lowering {
  const { shape } = request.output;
  const groups = numberAttribute(request.attributes, 'groups');
  const channels = shape[shape.length - 1];
  const batch = shape[0];
  const positions = elementCount(shape.slice(1, -1));
  const width = channels / groups;
  const wanted = request.capabilities.software ? statisticsInvocations.software : statisticsInvocations.gpu;
  const chunkLength = Math.max(1, Math.ceil((positions * batch * groups) / wanted));
  const chunks = Math.ceil(positions / chunkLength);
  const pairs = (count: number): TensorType => ({ shape: [count, 2], dtype: 'f32' });
  const count = elementCount(shape);
  const vector = channels % 4 === 0;
  const lanes = vector ? 4 : 1;
  const constants = { CHANNELS: channels, POSITIONS: positions, GROUPS: groups, CHUNKS: chunks, CHUNK_LENGTH: chunkLength };
  const { epilogue, operands } = epilogueParts(request, 3);
  const wholeVectors = width % 4 === 0;
  return {
    scratch: [pairs(batch * groups * chunks), pairs(batch * groups)],
    calls: [
      {
        kernel: 'normalization/group_chunks',
        conditions: { vector: wholeVectors },
        constants,
        operands: [
          { kind: 'scratch', index: 0 },
          { kind: 'input', index: 0 },
        ],
        uniforms: [{ u32: batch * groups * chunks }],
        workgroups: foldedGrid(batch * groups * chunks, 16),
        flops: count * 4,
      },
      {
        kernel: 'normalization/group_combine',
        constants,
        operands: [
          { kind: 'scratch', index: 1 },
          { kind: 'scratch', index: 0, access: 'read' },
        ],
        uniforms: [{ u32: batch * groups }, { f32: numberAttribute(request.attributes, 'eps') }],
        workgroups: foldedGrid(batch * groups, 16),
      },
      {
        kernel: 'normalization/group_apply',
        conditions: { vector, whole_vectors: wholeVectors },
        constants,
        modules: { epilogue },
        operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'scratch', index: 1, access: 'read' }, ...operands],
        uniforms: [{ u32: count / lanes }],
        workgroups: foldedGrid(count / lanes, 64),
        flops: count * 2,
      },
    ],
  };
}
