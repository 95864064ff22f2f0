import { AiprodError } from '../../errors';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import type { KernelCall, Lowering, LoweringRequest, UniformWord } from '../operation';
import { paddedIndexCode } from '../padding';
import { matrixSize } from '../weight-encoding';
import { weightParts } from '../weight-modules';
import { convolutionGeometry, type ConvolutionAxis, type ConvolutionGeometry } from './convolution';
import { convolutionTile, convolutionTileModule } from './convolution-tile';

const kernels = ['convolution/register_tile', 'convolution/direct'];

/** Kernel selection for convolutions: register tiles for channels in whole vectors, the direct kernel for the rest. */
export function lowerConvolution(request: LoweringRequest): Lowering {
  const [x, weight] = request.inputs;
  const geometry = convolutionGeometry(x.shape, weight.shape, request.attributes);
  const tiled = convolutionIsTiled(geometry);
  const kernel = request.forceKernel ?? (tiled ? kernels[0] : kernels[1]);
  if (!kernels.includes(kernel) || (kernel === kernels[0] && !tiled)) {
    throw new AiprodError('bad-usage', `the kernel ${kernel} cannot compute this convolution`, {
      expected: kernels.join(' (channels divisible by 4, no groups), '),
      found: `${geometry.inChannels} to ${geometry.outChannels} channels in ${geometry.groups} groups`,
    });
  }
  return { calls: [kernel === kernels[0] ? registerTile(request, geometry) : direct(request, geometry)] };
}

/** Whether register tiles can compute a convolution. */
export function convolutionIsTiled({ groups, inChannels, outChannels }: ConvolutionGeometry): boolean {
  return groups === 1 && inChannels % 4 === 0 && outChannels % 4 === 0;
}

/** WGSL functions that send output position and tap to the input index along each axis, or to -1 for zero padding. */
export function axisModule(geometry: ConvolutionGeometry): string {
  const axisFunction = (name: string, plural: string, axis: ConvolutionAxis): string => {
    const last = (axis.output - 1) * axis.stride + (axis.kernel - 1) * axis.dilation - axis.before;
    const inside = axis.before === 0 && last < axis.input;
    const position = `  let p = position * ${axis.stride} + tap * ${axis.dilation} - geometry.before_${plural};`;
    let result = `  return ${paddedIndexCode('p', `(geometry.in_${plural} - 1)`, axis.mode)};`;
    if (inside) result = '  return p;';
    else if (axis.mode === 'zeros') result = `  return select(-1, p, p >= 0 && p < geometry.in_${plural});`;
    return `fn ${name}(position: i32, tap: i32) -> i32 {\n${position}\n${result}\n}\n`;
  };
  const [frames, rows, columns] = geometry.axes;
  return [
    'import package::convolution::geometry::geometry;\n',
    axisFunction('input_frame', 'frames', frames),
    axisFunction('input_row', 'rows', rows),
    axisFunction('input_column', 'columns', columns),
  ].join('');
}

/** The words of kernels/convolution/geometry.wgsl. */
export function geometryWords(
  { axes, inChannels, outChannels, groups }: ConvolutionGeometry,
  items: number,
  stores: number,
): UniformWord[] {
  const ofAxes = (size: (axis: ConvolutionAxis) => number): number[] => axes.map(size);
  return [
    ...[items, inChannels, outChannels, groups],
    ...ofAxes(({ input }) => input),
    ...ofAxes(({ output }) => output),
    ...ofAxes(({ kernel }) => kernel),
    ...ofAxes(({ before }) => before),
    stores,
  ].map((u32) => ({ u32 }));
}

/** Floating-point operations of a convolution, and of each of its gradients. */
export function convolutionFlops({ batch, axes, inChannels, outChannels, groups }: ConvolutionGeometry): number {
  const [outputs, taps] = axes.reduce(([o, t], axis) => [o * axis.output, t * axis.kernel], [1, 1]);
  return (2 * batch * outputs * taps * inChannels * outChannels) / groups;
}

/** Neighbouring columns times vectors of output channels for each invocation. */
function registerTile(request: LoweringRequest, geometry: ConvolutionGeometry): KernelCall {
  const { batch, axes, outChannels } = geometry;
  const [frames, rows, columns] = axes;
  const tile = convolutionTile(geometry, request.capabilities);
  const items = (batch * frames.output * rows.output * Math.ceil(columns.output / tile.positions) * outChannels) / (4 * tile.vectors);
  const groupSize = request.capabilities.software ? 16 : 64;
  const { epilogue, operands } = epilogueParts(request, 3);
  const [, weight] = request.inputs;
  const encoded = weight.encoding !== undefined;
  const weights = encoded ? weightParts(weight, matrixSize(weight.shape, weight.encoding).inner) : undefined;
  return {
    kernel: kernels[0],
    ...weights,
    constants: { ...weights?.constants, POSITIONS: tile.positions, VECTORS: tile.vectors, GROUP: groupSize },
    modules: {
      axis_map: axisModule(geometry),
      tile: convolutionTileModule(geometry, tile, { encoded, loopedStores: request.capabilities.software }),
      epilogue,
    },
    operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...operands],
    uniforms: geometryWords(geometry, items, tile.positions * tile.vectors),
    workgroups: foldedGrid(items, groupSize),
    flops: convolutionFlops(geometry),
  };
}

/** One output (or four neighbouring channels) for each invocation; any channel count and grouping. */
function direct(request: LoweringRequest, geometry: ConvolutionGeometry): KernelCall {
  const { batch, axes, inChannels, outChannels, groups } = geometry;
  const depthwise = groups === inChannels && outChannels === inChannels;
  const wide = outChannels % 4 === 0 && (depthwise || groups === 1);
  const outputs = axes.reduce((product, axis) => product * axis.output, batch) * outChannels;
  const items = outputs / (wide ? 4 : 1);
  const { epilogue, operands } = epilogueParts(request, 3);
  return {
    kernel: kernels[1],
    conditions: { wide, depthwise },
    modules: { axis_map: axisModule(geometry), epilogue },
    operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...operands],
    uniforms: geometryWords(geometry, items, 1),
    workgroups: foldedGrid(items, 64),
    flops: convolutionFlops(geometry),
  };
}
