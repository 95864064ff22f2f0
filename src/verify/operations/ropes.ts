import { z } from 'zod';
import { broadcastTo, permute, reshape, rope, type Tensor } from '../../graph';
import {
  ltx2AudioCoordinates,
  ltx2RotaryTable,
  ltx2VideoCoordinates,
  ltxCoordinateFractions,
  ltxGridFractions,
  ltxRotaryTable,
  midpointFractions,
  wanRotaryTable,
  type RotaryTable,
} from '../../numeric/rotary-tables';
import type { CaseBuilder } from './case-builder';

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** A table's two halves as f32 values of the graph. */
function tableTensors(builder: CaseBuilder, table: RotaryTable, shape: readonly number[]): { cos: Tensor; sin: Tensor } {
  return { cos: builder.tracer.constant(table.cos, shape), sin: builder.tracer.constant(table.sin, shape) };
}

/** The reference's interleaved tables have each number twice, once for each channel of a pair. */
function repeatPairs(table: Tensor): Tensor {
  const { shape } = table;
  return reshape(broadcastTo(reshape(table, [...shape, 1]), [...shape, 2]), [...shape.slice(0, -1), 2 * shape[shape.length - 1]]);
}

const ltxParams = z.object({
  dim: z.number(),
  num_frames: z.number().nullable(),
  height: z.number().nullable(),
  width: z.number().nullable(),
  rope_interpolation_scale: triple.nullable(),
});

export function ltxRope(builder: CaseBuilder): void {
  const { dim, num_frames, height, width, rope_interpolation_scale: scale } = ltxParams.parse(builder.params);
  const x = builder.input('x');
  const [batch, tokens] = x.shape;
  const fromGrid = num_frames !== null && height !== null && width !== null;
  const fractions = fromGrid
    ? ltxGridFractions([num_frames, height, width], scale ?? undefined)
    : ltxCoordinateFractions(builder.data('video_coords'), batch);
  const { cos, sin } = tableTensors(builder, ltxRotaryTable(fractions, dim), [fromGrid ? 1 : batch, tokens, dim / 2]);
  builder.output('cos', broadcastTo(repeatPairs(cos), [batch, tokens, dim]));
  builder.output('sin', broadcastTo(repeatPairs(sin), [batch, tokens, dim]));
  builder.output('y', rope(x, cos, sin, { layout: 'interleaved' }));
}

const ltx2Params = z.object({
  dim: z.number(),
  modality: z.enum(['video', 'audio']),
  heads: z.number(),
  scale_factors: z.array(z.number()),
  num_frames: z.number(),
  height: z.number().default(1),
  width: z.number().default(1),
  fps: z.number().default(24),
});

export function ltx2Rope(builder: CaseBuilder): void {
  const { dim: channels, modality, heads, scale_factors, num_frames, height, width, fps } = ltx2Params.parse(builder.params);
  const video = modality === 'video';
  const axes = video ? 3 : 1;
  const bounds = video
    ? ltx2VideoCoordinates([num_frames, height, width], { scaleFactors: triple.parse(scale_factors), fps })
    : ltx2AudioCoordinates(num_frames, { scaleFactor: scale_factors[0] });
  const x = builder.input('x');
  const tokens = x.shape[1];
  builder.output('coords', builder.tracer.constant(bounds, [1, axes, tokens, 2]));
  const fractions = midpointFractions(bounds, video ? [20, 2048, 2048] : [20]);
  for (const precision of ['f64', 'f32'] as const) {
    const table = ltx2RotaryTable(fractions, { axes, channels, heads, precision });
    const together = tableTensors(builder, table, [1, tokens, channels / 2]);
    builder.output(`interleaved.${precision}.cos`, repeatPairs(together.cos));
    builder.output(`interleaved.${precision}.sin`, repeatPairs(together.sin));
    builder.output(`interleaved.${precision}.y`, rope(x, together.cos, together.sin, { layout: 'interleaved' }));

    const apart = tableTensors(builder, table, table.shape);
    const headsFirst = (half: Tensor): Tensor => reshape(permute(half, [1, 0, 2]), [1, heads, tokens, channels / heads / 2]);
    builder.output(`split.${precision}.cos`, headsFirst(apart.cos));
    builder.output(`split.${precision}.sin`, headsFirst(apart.sin));
    const byHead = reshape(x, [1, tokens, heads, channels / heads]);
    builder.output(`split.${precision}.y`, reshape(rope(byHead, apart.cos, apart.sin, { layout: 'split' }), x.shape));
  }
}

const wanParams = z.object({ head_dim: z.number(), patch_size: triple });

export function wanRope(builder: CaseBuilder): void {
  const { head_dim, patch_size } = wanParams.parse(builder.params);
  const [frames, height, width] = builder
    .shape('latent')
    .slice(2)
    .map((size, axis) => size / patch_size[axis]);
  const table = wanRotaryTable([frames, height, width], head_dim);
  const { cos, sin } = tableTensors(builder, table, [1, ...table.shape]);
  builder.output('cos', repeatPairs(cos));
  builder.output('sin', repeatPairs(sin));
  builder.output('y', rope(builder.input('x'), cos, sin, { layout: 'interleaved' }));
}
