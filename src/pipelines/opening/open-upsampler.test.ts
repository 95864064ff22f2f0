import { expect, test } from 'vitest';
import { buildLatentUpsamplerGraph, parameterShapes } from '../../models';
import { blobFileTree } from '../../weights';
import { originalUpsamplerFile, originalUpsamplerShapes, type OriginalUpsamplerFields } from '../testing/original-upsampler';
import { openUpsampler, upsamplingOf } from './open-upsampler';

const small = { in_channels: 8, mid_channels: 32, num_blocks_per_stage: 1, dims: 3, spatial_scale: 2 } as const;
const files = {
  'ltx-2-spatial-upscaler-x2-1.0': { ...small, spatial_upsample: true, temporal_upsample: false, rational_resampler: true },
  'ltx-2.3-spatial-upscaler-x1.5-1.0': {
    ...small,
    spatial_upsample: true,
    temporal_upsample: false,
    spatial_scale: 1.5,
    rational_resampler: true,
  },
  'ltx-2-temporal-upscaler-x2-1.0': { ...small, spatial_upsample: false, temporal_upsample: true, rational_resampler: false },
  'ltxv-spatial-upscaler-0.9.7': { ...small, spatial_upsample: true, temporal_upsample: false, rational_resampler: false },
  'space and time': { ...small, spatial_upsample: true, temporal_upsample: true, rational_resampler: false },
  'frames alone': { ...small, dims: 2, spatial_upsample: true, temporal_upsample: false, rational_resampler: false },
} as const satisfies Record<string, OriginalUpsamplerFields>;

const cases = Object.entries(files).flatMap(([name, fields]) => [
  [name, 'its config', fields, true] as const,
  [name, 'its tensors alone', fields, false] as const,
]);

test.each(cases)(
  '%s opens as a file by %s, with every weight where its graph reads it',
  async (name, _, fields: OriginalUpsamplerFields, config) => {
    const path = `${name}.safetensors`;
    const tree = blobFileTree('downloads', new Map([[path, new Blob([originalUpsamplerFile(fields, { config })])]]));
    const upsampler = await openUpsampler(tree, path, path);
    const { spatial_upsample: space, temporal_upsample: time, spatial_scale: scale } = fields;
    expect(upsamplingOf(upsampler.config)).toEqual({ space: space ? scale : 1, time: time ? 2 : 1 });
    const { graph } = buildLatentUpsamplerGraph(upsampler.config, { batch: 1, frames: 2, height: 4, width: 4 });
    const read = parameterShapes(graph);
    const stored = new Map(originalUpsamplerShapes(fields));
    // The blur's taps are known.
    stored.delete('upsampler.blur_down.kernel');
    expect(Object.fromEntries(read)).toEqual(Object.fromEntries(stored));
    await upsampler.check(read);
    const side = space ? 4 * scale : 4;
    expect(Array.from(graph.outputs.values(), (id) => graph.nodes[id].shape)).toEqual([[1, 8, time ? 3 : 2, side, side]]);
    await upsampler.close();
  },
);
