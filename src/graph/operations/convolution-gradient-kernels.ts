import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import type { KernelCall, Lowering, LoweringRequest } from '../operation';
import { elementCount } from '../types';
import { convolutionGeometry, type ConvolutionGeometry } from './convolution';
import { inputGradientGeometry } from './convolution-gradient';
import { axisModule, convolutionFlops, geometryWords } from './convolution-kernels';
import { sumOfChunks } from './reduce-kernels';

/** Kernel selection for `convolutionInputGradient`: four channels an invocation where both sides come in fours. */
export function lowerInputGradient(request: LoweringRequest): Lowering {
  const [g, weight] = request.inputs;
  const geometry = inputGradientGeometry(g.shape, weight.shape, request.attributes);
  const wide = comeInFours(geometry);
  const items = elementCount(request.output.shape) / (wide ? 4 : 1);
  const { epilogue, operands } = epilogueParts(request, 3);
  return {
    calls: [
      {
        kernel: 'convolution/input_gradient',
        conditions: { wide },
        modules: { tap_map: tapModule(geometry), epilogue },
        operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...operands],
        uniforms: geometryWords(geometry, items, 1),
        workgroups: foldedGrid(items, 64),
        flops: convolutionFlops(geometry),
      },
    ],
  };
}

/** Invocations (of the tile: workgroups) that fill a device; a weight with fewer has its sums cut into chunks of positions. */
const enough = { software: 16, gpu: 16384 };
const shortestChunk = 64;

const weightKernels = ['convolution/weight_gradient_tile', 'convolution/weight_gradient'] as const;

/**
 * Kernel selection for `convolutionWeightGradient`: sums over chunks of output positions, and then over the chunks. On the processor a
 * quad shares its loads by swaps, as in matmul.
 */
export function lowerWeightGradient(request: LoweringRequest): Lowering {
  const [x] = request.inputs;
  const geometry = convolutionGeometry(x.shape, request.output.shape, request.attributes);
  const { software, subgroups } = request.capabilities;
  const tiled = software && subgroups && comeInFours(geometry);
  const count = elementCount(request.output.shape);
  const plan = tiled ? tiledSums(geometry, request) : singleSums(geometry, request, count);
  const { kernel, chunks, items, conditions, constants, features, stores, groupSize } = plan;
  const { epilogue, operands } = epilogueParts(request, 3);
  const whole = chunks === 1;
  const plain = epilogueParts({ ...request, epilogue: undefined }, 3).epilogue;
  const call: KernelCall = {
    kernel,
    conditions,
    constants: { ...constants, BATCH: geometry.batch, CHUNKS: chunks },
    features,
    modules: { axis_map: axisModule(geometry), epilogue: whole ? epilogue : plain },
    operands: [
      whole ? { kind: 'output' } : { kind: 'scratch', index: 0 },
      { kind: 'input', index: 0 },
      { kind: 'input', index: 1 },
      ...(whole ? operands : []),
    ],
    uniforms: geometryWords(geometry, items * chunks, stores),
    workgroups: foldedGrid(items * chunks, groupSize),
    flops: convolutionFlops(geometry),
  };
  if (whole) return { calls: [call] };
  return { scratch: [{ shape: [chunks, count], dtype: 'f32' }], calls: [call, sumOfChunks(request, 0, chunks)] };
}

/** How a kernel's sums are spread over a grid. */
interface SumPlan {
  readonly kernel: (typeof weightKernels)[number];
  /** Invocations (of the tile: workgroups) of one chunk. */
  readonly items: number;
  readonly chunks: number;
  readonly conditions: Readonly<Record<string, boolean>>;
  readonly constants: Readonly<Record<string, number>>;
  readonly features: readonly 'subgroups'[];
  readonly stores: number;
  /** Items of a workgroup. */
  readonly groupSize: number;
}

function tiledSums(geometry: ConvolutionGeometry, { capabilities: { software, subgroupMinSize } }: LoweringRequest): SumPlan {
  const { batch, axes, inChannels, outChannels } = geometry;
  const [frames, rows, columns] = axes;
  // As in matmul/quad_tile: 32 rows a quad where a quad is a whole SIMD register.
  const sets = subgroupMinSize === 4 && inChannels > 16 ? 2 : 1;
  const quads = Math.min(4, Math.ceil(outChannels / 16));
  const taps = frames.kernel * rows.kernel * columns.kernel;
  const items = taps * Math.ceil(inChannels / (16 * sets)) * Math.ceil(outChannels / (16 * quads));
  const lines = batch * frames.output * rows.output;
  const longEnough = Math.max(1, Math.floor((lines * columns.output) / shortestChunk));
  const chunks = Math.max(1, Math.min(Math.ceil((software ? enough.software : enough.gpu) / items), longEnough, lines));
  return {
    kernel: weightKernels[0],
    items,
    chunks,
    conditions: { two_sets: sets === 2 },
    constants: { GROUP: 4 * quads, CHUNK_LENGTH: Math.ceil(lines / chunks) },
    features: ['subgroups'],
    stores: 4 * sets,
    groupSize: 1,
  };
}

function singleSums(geometry: ConvolutionGeometry, { capabilities }: LoweringRequest, count: number): SumPlan {
  const wide = comeInFours(geometry);
  const items = count / (wide ? 16 : 1);
  const positions = geometry.axes.reduce((product, axis) => product * axis.output, geometry.batch);
  const wanted = capabilities.software ? enough.software : enough.gpu;
  const chunks = Math.max(1, Math.min(Math.ceil(wanted / items), Math.floor(positions / shortestChunk)));
  return {
    kernel: weightKernels[1],
    items,
    chunks,
    conditions: { wide },
    constants: { CHUNK_LENGTH: Math.ceil(positions / chunks) },
    features: [],
    stores: 1,
    groupSize: 64,
  };
}

function comeInFours({ groups, inChannels, outChannels }: ConvolutionGeometry): boolean {
  return groups === 1 && inChannels % 4 === 0 && outChannels % 4 === 0;
}

/** WGSL functions that send input position and tap to the output index along each axis, or to -1 where the tap does not meet it. */
function tapModule({ axes }: ConvolutionGeometry): string {
  const names = ['frame', 'row', 'column'];
  const functions = axes.map(({ stride, dilation }, k) => {
    const name = names[k];
    return `fn output_${name}(position: i32, tap: i32) -> i32 {
  let p = position + geometry.before_${name}s - tap * ${dilation};
  return select(-1, p / ${stride}, p >= 0 && p % ${stride} == 0 && p / ${stride} < i32(geometry.out_${name}s));
}
`;
  });
  return `import package::convolution::geometry::geometry;\n${functions.join('')}`;
}
