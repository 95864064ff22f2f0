import { AiprodError } from '../../errors';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import type { Capabilities, KernelCall, Lowering, LoweringRequest } from '../operation';
import { weightParts } from '../weight-modules';
import { matmulSizes, type MatmulSizes } from './matmul';

const matmulKernels = ['matmul/quad_tile', 'matmul/register_tile', 'matmul/workgroup_tile', 'matmul/split_inner'] as const;
export type MatmulKernel = (typeof matmulKernels)[number];

/**
 * Which kernel multiplies. On the processor a load is a gather and a barrier a switch of coroutines, so there registers and
 * quad swaps win; a graphics processor wants slices in workgroup memory, and many invocations for few rows.
 */
export function chooseMatmulKernel({ m }: MatmulSizes, { capabilities, forceKernel }: LoweringRequest): MatmulKernel {
  const usable: Readonly<Record<MatmulKernel, boolean>> = {
    'matmul/quad_tile': capabilities.subgroups,
    'matmul/register_tile': true,
    'matmul/workgroup_tile': true,
    'matmul/split_inner': m <= 8,
  };
  if (forceKernel !== undefined) {
    const forced = matmulKernels.find((kernel) => kernel === forceKernel && usable[kernel]);
    if (forced === undefined) throw new AiprodError('bad-usage', `kernel ${forceKernel} cannot multiply these matrices on this device`);
    return forced;
  }
  if (!capabilities.software) return m <= 8 ? 'matmul/split_inner' : 'matmul/workgroup_tile';
  return capabilities.subgroups && m > 2 ? 'matmul/quad_tile' : 'matmul/register_tile';
}

/** Kernel selection for matmul: from sizes, types and what the device can do. */
export function lowerMatmul(request: LoweringRequest): Lowering {
  const [a, b] = request.inputs;
  const transposeB = request.attributes.transposeB === true;
  const sizes = matmulSizes(a.shape, b.shape, transposeB);
  const { batch, m, n, k, batchedB } = sizes;
  const kernel = chooseMatmulKernel(sizes, request);
  const { tile, conditions, constants, features, stores = 0 } = variants[kernel](sizes, transposeB, request.capabilities);
  const weights = transposeB ? weightParts(b, k) : undefined;
  const [rowTiles, columnTiles] = [Math.ceil(m / tile[0]), Math.ceil(n / tile[1])];
  const { epilogue, operands } = epilogueParts(request, 3);
  const call: KernelCall = {
    kernel,
    conditions: { ...conditions, ...weights?.conditions },
    constants: { ...constants, ...weights?.constants },
    ...(features === undefined ? {} : { features }),
    ...(weights === undefined ? {} : { implementations: weights.implementations }),
    modules: { epilogue },
    operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...operands],
    uniforms: [m, n, k, m * k, batchedB ? k * n : 0, rowTiles, columnTiles, batch, stores].map((u32) => ({ u32 })),
    workgroups: foldedGrid(rowTiles * columnTiles * batch, 1),
    flops: 2 * batch * m * n * k,
  };
  return { calls: [call] };
}

/** Conditions and constants of a kernel, and the rows and columns that one of its workgroups computes. */
type Variant = Pick<KernelCall, 'conditions' | 'constants' | 'features'> & {
  readonly tile: readonly [rows: number, columns: number];
  /** Vectors that an invocation stores, where the kernel counts them. */
  readonly stores?: number;
};

/**
 * Results down that an invocation of the quad tile keeps. Where a quad is a whole SIMD register (SwiftShader) sums live on the stack
 * anyway, and the 8 x 4 tile saves a quarter of the loads; with wider registers it only takes longer to compile.
 */
function quadTileRows(m: number, { subgroupMinSize }: Capabilities): 1 | 4 | 8 {
  if (m <= 8) return 1;
  return m > 48 && subgroupMinSize === 4 ? 8 : 4;
}

const variants: Readonly<Record<MatmulKernel, (sizes: MatmulSizes, transposeB: boolean, capabilities: Capabilities) => Variant>> = {
  'matmul/quad_tile': ({ m, n, k }, transposeB, capabilities) => {
    const rows = quadTileRows(m, capabilities);
    const group = 16;
    return {
      conditions: {
        transpose_b: transposeB,
        four_rows: rows >= 4,
        eight_rows: rows === 8,
        vector: k % 4 === 0,
        vector_store: n % 4 === 0,
      },
      constants: { GROUP: group },
      features: ['subgroups'],
      stores: 4 * rows,
      tile: [4 * rows, (group / 4) * 16],
    };
  },
  'matmul/register_tile': ({ m, n, k }, transposeB) => {
    const rows = Math.min(4, m);
    const group = 32;
    return {
      conditions: { transpose_b: transposeB, vector: k % 4 === 0 && (transposeB || n % 4 === 0), vector_store: n % 4 === 0 },
      constants: { ROWS: rows, GROUP: group },
      tile: [rows, group * 4],
    };
  },
  'matmul/workgroup_tile': ({ n, k }, transposeB) => ({
    conditions: {
      transpose_b: transposeB,
      vector_a: k % 4 === 0,
      vector_b: n % 4 === 0,
      vector_store: n % 4 === 0,
    },
    tile: [64, 64],
  }),
  'matmul/split_inner': ({ m, k }, transposeB) => ({
    conditions: { transpose_b: transposeB, vector: k % 4 === 0 },
    constants: { ROWS: m },
    tile: [m, 4],
  }),
};
