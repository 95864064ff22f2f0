import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import type { Lowering, LoweringRequest } from '../operation';
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

/** Invocations that fill a device; a weight with fewer elements has its sums cut into chunks of positions. */
const enoughInvocations = { software: 16, gpu: 16384 };
const shortestChunk = 64;

/** Kernel selection for `convolutionWeightGradient`: sums over chunks of output positions, and then over the chunks. */
export function lowerWeightGradient(request: LoweringRequest): Lowering {
  const [x] = request.inputs;
  const geometry = convolutionGeometry(x.shape, request.output.shape, request.attributes);
  const wide = comeInFours(geometry);
  const count = elementCount(request.output.shape);
  const items = count / (wide ? 16 : 1);
  const positions = geometry.axes.reduce((product, axis) => product * axis.output, geometry.batch);
  const wanted = request.capabilities.software ? enoughInvocations.software : enoughInvocations.gpu;
  const chunks = Math.max(1, Math.min(Math.ceil(wanted / items), Math.floor(positions / shortestChunk)));
  const { epilogue, operands } = epilogueParts(request, 3);
  const whole = chunks === 1;
  const plain = epilogueParts({ ...request, epilogue: undefined }, 3).epilogue;
  const call = {
    kernel: 'convolution/weight_gradient',
    conditions: { wide },
    constants: { BATCH: geometry.batch, CHUNKS: chunks, CHUNK_LENGTH: Math.ceil(positions / chunks) },
    modules: { axis_map: axisModule(geometry), epilogue: whole ? epilogue : plain },
    operands: [
      whole ? ({ kind: 'output' } as const) : ({ kind: 'scratch', index: 0 } as const),
      { kind: 'input', index: 0 } as const,
      { kind: 'input', index: 1 } as const,
      ...(whole ? operands : []),
    ],
    uniforms: geometryWords(geometry, items * chunks, 1),
    workgroups: foldedGrid(items * chunks, 64),
    flops: convolutionFlops(geometry),
  };
  if (whole) return { calls: [call] };
  return { scratch: [{ shape: [chunks, count], dtype: 'f32' }], calls: [call, sumOfChunks(request, 0, chunks)] };
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
