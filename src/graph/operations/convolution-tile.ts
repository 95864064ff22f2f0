import type { Capabilities } from '../operation';
import { paddedIndexCode } from '../padding';
import type { ConvolutionGeometry } from './convolution';

/** How many results an invocation of `convolution/register_tile` keeps in registers. */
export interface ConvolutionTile {
  /** Neighbouring output columns. */
  readonly positions: number;
  /** Vectors of four output channels. */
  readonly vectors: number;
}

export interface TileOptions {
  /** Whether the weight is read through `package::weights`, as a matrix [outChannels, taps * C], and not as [taps, C, outChannels]. */
  readonly encoded: boolean;
  /** Whether results are stored in a loop that drivers do not write out: once compiled, the epilogue takes a CPU driver a second less. */
  readonly loopedStores: boolean;
}

/** The widest kernel whose taps along a row are written out, so that a column of the input is read once for all of them. */
const mostUnrolledTaps = 3;

/**
 * The tile that wastes the fewest columns past the edge. CPU drivers pay far more for a load than for a multiplication and
 * have memory for registers, so their tiles are wider.
 */
export function convolutionTile({ axes, outChannels }: ConvolutionGeometry, capabilities: Capabilities): ConvolutionTile {
  const columns = axes[2].output;
  const widest = Math.min(columns, capabilities.software ? 8 : 4);
  const narrowest = Math.max(1, Math.ceil((widest * 3) / 4));
  let positions = widest;
  for (let candidate = widest - 1; candidate >= narrowest; candidate--) {
    if (Math.ceil(columns / candidate) * candidate < Math.ceil(columns / positions) * positions) positions = candidate;
  }
  return { positions, vectors: outChannels % 8 === 0 ? 2 : 1 };
}

/**
 * WGSL of the tile's body: `convolve(batch, frame, row, column, channel)` adds up and stores the tile. Sums are single
 * variables and not an array, because CPU drivers keep an array that is indexed in a loop in memory. Sizes are read from
 * `package::convolution::geometry`.
 */
export function convolutionTileModule(geometry: ConvolutionGeometry, tile: ConvolutionTile, options: TileOptions): string {
  const { encoded } = options;
  const [frames, rows, columns] = geometry.axes;
  const taps = frames.kernel * rows.kernel * columns.kernel;
  const tile2d = [...Array(tile.positions).keys()].flatMap((p) => [...Array(tile.vectors).keys()].map((v) => [p, v] as const));
  return `import package::axis_map::{input_frame, input_row};
import package::convolution::geometry::geometry;
import package::epilogue::epilogue4;
import package::types::{T0x4, Packed1, unpack1${encoded ? '' : ', Packed2, unpack2'}};
${encoded ? 'import package::weights::{weight_row, weight4};' : ''}

@group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@group(0) @binding(1) var<storage, read> x: array<Packed1>;
${encoded ? '' : '@group(0) @binding(2) var<storage, read> weight: array<Packed2>;'}

fn convolve(batch: u32, frame: u32, row: u32, column: u32, channel: u32) {
${tile2d.map(([p, v]) => `  var s${p}_${v} = vec4f();`).join('\n')}
  let in_steps = geometry.in_channels / 4u;
  let out_steps = geometry.out_channels / 4u;
  let tap_stride = geometry.in_channels${encoded ? '' : ' * out_steps'};
${encoded ? weightRows(tile, taps) : `${[2, 3, 4].map((n) => `  let out_steps${n} = ${n}u * out_steps;`).join('\n')}`}
  let first_column = i32(column) * ${columns.stride} - geometry.before_columns;
  for (var kf = 0; kf < ${frames.kernel}; kf++) {
    let from_frame = input_frame(i32(frame), kf);
    if (from_frame < 0) {
      continue;
    }
    for (var kh = 0; kh < ${rows.kernel}; kh++) {
      let from_row = input_row(i32(row), kh);
      if (from_row < 0) {
        continue;
      }
      let image = (batch * u32(geometry.in_frames) + u32(from_frame)) * u32(geometry.in_rows) + u32(from_row);
      let line = image * u32(geometry.in_columns);
      let row_tap = u32(kf * ${rows.kernel} + kh) * ${columns.kernel}u * tap_stride${encoded ? '' : ' + channel'};
${rowOfTaps(geometry, tile, encoded)}
    }
  }
  let to = ((batch * geometry.out_frames + frame) * geometry.out_rows + row) * geometry.out_columns + column;
  var results = array<vec4f, ${tile2d.length}>(${tile2d.map(([p, v]) => `s${p}_${v}`).join(', ')});
  for (var k = 0u; k < ${options.loopedStores ? 'geometry.stores' : `${tile2d.length}u`}; k++) {
    let p = k / ${tile.vectors}u;
    if (column + p < geometry.out_columns) {
      let at = (to + p) * out_steps + channel + k % ${tile.vectors}u;
      y[at] = T0x4(epilogue4(results[k], at * 4u));
    }
  }
}
`;
}

/** The rows of an encoded weight that belong to the tile's output channels. */
function weightRows(tile: ConvolutionTile, taps: number): string {
  return [...Array(tile.vectors * 4).keys()]
    .map((n) => `  let r${n} = weight_row(0u, 4u * channel + ${n}u, geometry.out_channels, ${taps}u * geometry.in_channels);`)
    .join('\n');
}

/** The taps of one kernel row: all written out when they are few, else a loop over single taps. */
function rowOfTaps(geometry: ConvolutionGeometry, tile: ConvolutionTile, encoded: boolean): string {
  const [, , { kernel, stride, dilation }] = geometry.axes;
  if (kernel <= mostUnrolledTaps) {
    const taps = [...Array(kernel).keys()];
    const offset = (p: number, tap: number): number => p * stride + tap * dilation;
    const offsets = [...new Set(taps.flatMap((tap) => [...Array(tile.positions).keys()].map((p) => offset(p, tap))))];
    return tapLoop(geometry, tile, encoded, {
      columns: offsets.map((value) => ({ name: `${value}`, position: `first_column + ${value}` })),
      taps: taps.map((tap) => ({ name: `${tap}`, at: `row_tap + ${tap}u * tap_stride`, columnOf: (p) => `${offset(p, tap)}` })),
    });
  }
  const single = tapLoop(geometry, tile, encoded, {
    columns: [...Array(tile.positions).keys()].map((p) => ({ name: `${p}`, position: `first_column + kw * ${dilation} + ${p * stride}` })),
    taps: [{ name: '0', at: 'row_tap + u32(kw) * tap_stride', columnOf: (p) => `${p}` }],
  });
  return `      for (var kw = 0; kw < ${kernel}; kw++) {\n${single}\n      }`;
}

interface TapPlan {
  /** Input columns to read and the expression of each one's position. */
  readonly columns: readonly { readonly name: string; readonly position: string }[];
  readonly taps: readonly { readonly name: string; readonly at: string; readonly columnOf: (position: number) => string }[];
}

/** A loop over the input channels, four at a time, that serves some taps of a kernel row. */
function tapLoop({ axes }: ConvolutionGeometry, tile: ConvolutionTile, encoded: boolean, plan: TapPlan): string {
  const { input, output, kernel, stride, dilation, before, mode } = axes[2];
  const reach = (Math.ceil(output / tile.positions) * tile.positions - 1) * stride + (kernel - 1) * dilation - before;
  const inside = before === 0 && reach < input;
  const masked = !inside && mode === 'zeros';
  const last = '(geometry.in_columns - 1)';
  const lines: string[] = [];
  for (const { name, position } of plan.columns) {
    // Columns past the last tile's edge are read somewhere inside; their sums are not stored.
    const index = inside ? position : `clamp(${mode === 'zeros' ? position : paddedIndexCode(`(${position})`, last, mode)}, 0, ${last})`;
    lines.push(`let a${name} = (line + u32(${index})) * in_steps;`);
    if (masked) lines.push(`let m${name} = select(0.0, 1.0, ${position} >= 0 && ${position} < geometry.in_columns);`);
  }
  for (const { name, at } of plan.taps) lines.push(`let t${name} = ${at};`);
  lines.push('for (var step = 0u; step < in_steps; step++) {');
  if (!encoded) lines.push('  let row = step * out_steps4;');
  for (const { name } of plan.columns) lines.push(`  let x${name} = unpack1(x[a${name} + step])${masked ? ` * m${name}` : ''};`);
  for (const { name, columnOf } of plan.taps) {
    for (let v = 0; v < tile.vectors; v++) {
      lines.push('  {');
      for (let c = 0; c < 4; c++) {
        const load = encoded
          ? `weight4(r${4 * v + c}, t${name} + 4u * step)`
          : `unpack2(weight[t${name} + row + ${['', 'out_steps + ', 'out_steps2 + ', 'out_steps3 + '][c]}${v}u])`;
        lines.push(`    let w${c} = ${load};`);
      }
      // Encoded weights come as rows along the input channels, others as rows along the output channels.
      if (encoded) lines.push('    let w = mat4x4f(w0, w1, w2, w3);');
      for (let p = 0; p < tile.positions; p++) {
        const column = `x${columnOf(p)}`;
        const product = encoded ? `${column} * w` : `${column}.x * w0 + ${column}.y * w1 + ${column}.z * w2 + ${column}.w * w3`;
        lines.push(`    s${p}_${v} += ${product};`);
      }
      lines.push('  }');
    }
  }
  lines.push('}');
  return lines.map((line) => `        ${line}`).join('\n');
}
