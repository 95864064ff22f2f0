import { body, parse } from './zz-conv';
import { epilogueParts } from '../epilogue';
import { foldedGrid } from '../lowering';
import type { KernelCall, Lowering, LoweringRequest } from '../operation';
import { paddedIndexCode } from '../padding';
import { convolutionGeometry, type ConvolutionAxis, type ConvolutionGeometry } from './convolution';

/** Kernel selection for convolutions. */
export function lowerConvolution(request: LoweringRequest): Lowering {
  const [x, weight] = request.inputs;
  const geometry = convolutionGeometry(x.shape, weight.shape, request.attributes);
  const { inChannels, outChannels, groups } = geometry;
  const zv = (globalThis as unknown as { variant?: string }).variant;
  if (zv !== undefined && zv !== 'default') return { calls: [scratch(request, geometry, zv)] };
  if (groups === 1 && inChannels % 4 === 0 && outChannels % 4 === 0) return { calls: [registerTile(request, geometry)] };
  return { calls: [direct(request, geometry)] };
}

function scratch(request: LoweringRequest, geometry: ConvolutionGeometry, zv: string): KernelCall {
  const z = parse(zv);
  const { epilogue, operands } = epilogueParts(request, 3);
  const b = body(geometry, z);
  return {
    kernel: 'convolution/zz',
    constants: { GROUP: 16 },
    ...(z.sub === 'n' ? {} : { features: ['subgroups'] as const }),
    modules: { axis_map: axisModule(geometry), epilogue, body: b.body },
    operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...operands],
    uniforms: [{ u32: b.items }],
    workgroups: foldedGrid(b.items, 16),
    flops: flops(geometry),
  };
}

function commonConstants({ axes: [frames, rows, columns], inChannels, outChannels }: ConvolutionGeometry): Record<string, number> {
  return {
    IN_FRAMES: frames.input,
    IN_ROWS: rows.input,
    IN_COLUMNS: columns.input,
    OUT_FRAMES: frames.output,
    OUT_ROWS: rows.output,
    OUT_COLUMNS: columns.output,
    KERNEL_FRAMES: frames.kernel,
    KERNEL_ROWS: rows.kernel,
    KERNEL_COLUMNS: columns.kernel,
    IN_CHANNELS: inChannels,
    OUT_CHANNELS: outChannels,
  };
}

/** WGSL functions that send output position and tap to the input index along each axis, or to -1 for zero padding. */
function axisModule(geometry: ConvolutionGeometry): string {
  const axisFunction = (name: string, axis: ConvolutionAxis): string => {
    const last = (axis.output - 1) * axis.stride + (axis.kernel - 1) * axis.dilation - axis.before;
    const inside = axis.before === 0 && last < axis.input;
    const position = `  let p = position * ${axis.stride} + tap * ${axis.dilation} - ${axis.before};`;
    let result = `  return ${paddedIndexCode('p', axis.input, axis.mode)};`;
    if (inside) result = '  return p;';
    else if (axis.mode === 'zeros') result = `  return select(-1, p, p >= 0 && p < ${axis.input});`;
    return `fn ${name}(position: i32, tap: i32) -> i32 {\n${position}\n${result}\n}\n`;
  };
  const [frames, rows, columns] = geometry.axes;
  return axisFunction('input_frame', frames) + axisFunction('input_row', rows) + axisFunction('input_column', columns);
}

function flops({ batch, axes, inChannels, outChannels, groups }: ConvolutionGeometry): number {
  const [outputs, taps] = axes.reduce(([o, t], axis) => [o * axis.output, t * axis.kernel], [1, 1]);
  return (2 * batch * outputs * taps * inChannels * outChannels) / groups;
}

/** Output positions and channels an invocation keeps in registers. */
function registerTile(request: LoweringRequest, geometry: ConvolutionGeometry): KernelCall {
  const { batch, axes, outChannels } = geometry;
  const [frames, rows, columns] = axes;
  const positions = Math.min(4, columns.output);
  const vectors = outChannels % 8 === 0 ? 2 : 1;
  const tiles = batch * frames.output * rows.output * Math.ceil(columns.output / positions);
  const { epilogue, operands } = epilogueParts(request, 3);
  return {
    kernel: 'convolution/register_tile',
    constants: { ...commonConstants(geometry), POSITIONS: positions, VECTORS: vectors },
    modules: { axis_map: axisModule(geometry), epilogue },
    operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...operands],
    uniforms: [{ u32: (tiles * outChannels) / (4 * vectors) }],
    workgroups: foldedGrid((tiles * outChannels) / (4 * vectors), 64),
    flops: flops(geometry),
  };
}

/** One output (or four neighbouring channels of a depthwise convolution) for each invocation; any channel count and grouping. */
function direct(request: LoweringRequest, geometry: ConvolutionGeometry): KernelCall {
  const { batch, axes, inChannels, outChannels, groups } = geometry;
  const depthwise = groups === inChannels && outChannels === inChannels;
  const wide = outChannels % 4 === 0 && (depthwise || groups === 1);
  const outputs = axes.reduce((product, axis) => product * axis.output, batch) * outChannels;
  const items = outputs / (wide ? 4 : 1);
  const { epilogue, operands } = epilogueParts(request, 3);
  return {
    kernel: 'convolution/direct',
    conditions: { wide, depthwise },
    constants: { ...commonConstants(geometry), GROUPS: groups },
    modules: { axis_map: axisModule(geometry), epilogue },
    operands: [{ kind: 'output' }, { kind: 'input', index: 0 }, { kind: 'input', index: 1 }, ...operands],
    uniforms: [{ u32: items }],
    workgroups: foldedGrid(items, 64),
    flops: flops(geometry),
  };
}
