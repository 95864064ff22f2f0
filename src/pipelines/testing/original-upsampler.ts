import { randomNormal } from '../../numeric/random';
import { bytesOf, writeSafetensors, type TensorToWrite } from '../../weights';

/** Fields of `config` in the metadata of a released upsampler's file. */
export interface OriginalUpsamplerFields {
  readonly in_channels: number;
  readonly mid_channels: number;
  readonly num_blocks_per_stage: number;
  readonly dims: 2 | 3;
  readonly spatial_upsample: boolean;
  readonly temporal_upsample: boolean;
  readonly spatial_scale: number;
  readonly rational_resampler: boolean;
}

/** Names and shapes of `LatentUpsampler` of the reference's `ltx_core`, as its constructor makes them. */
export function originalUpsamplerShapes(fields: OriginalUpsamplerFields): Map<string, number[]> {
  const { in_channels, mid_channels: mid, num_blocks_per_stage: blocks, dims, spatial_upsample: space, temporal_upsample: time } = fields;
  const shapes = new Map<string, number[]>();
  const convolution = (name: string, out: number, into: number, axes: number): void => {
    shapes.set(`${name}.weight`, [out, into, ...Array.from({ length: axes }, () => 3)]).set(`${name}.bias`, [out]);
  };
  const norm = (name: string): void => void shapes.set(`${name}.weight`, [mid]).set(`${name}.bias`, [mid]);
  convolution('initial_conv', mid, in_channels, dims);
  norm('initial_norm');
  for (const stage of ['res_blocks', 'post_upsample_res_blocks']) {
    for (let block = 0; block < blocks; block++) {
      for (const half of [1, 2]) {
        convolution(`${stage}.${block}.conv${half}`, mid, mid, dims);
        norm(`${stage}.${block}.norm${half}`);
      }
    }
  }
  const rational = space && !time && fields.rational_resampler;
  if (rational) {
    const numerator = fields.spatial_scale === 1.5 || fields.spatial_scale === 0.75 ? 3 : fields.spatial_scale;
    convolution('upsampler.conv', numerator ** 2 * mid, mid, 2);
    shapes.set('upsampler.blur_down.kernel', [1, 1, 5, 5]);
  } else convolution('upsampler.0', (space ? 4 : 1) * (time ? 2 : 1) * mid, mid, time ? 3 : 2);
  convolution('final_conv', in_channels, mid, dims);
  return shapes;
}

/** A released upsampler's file with random weights, in bf16: original names, and `config` in its metadata unless left out. */
export function originalUpsamplerFile(fields: OriginalUpsamplerFields, { config = true } = {}): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, shape] of originalUpsamplerShapes(fields)) {
    const values = randomNormal(
      5,
      tensors.size,
      shape.reduce((product, size) => product * size, 1),
    ).map((value) => 0.05 * value + (name.includes('norm') && name.endsWith('.weight') ? 1 : 0));
    const halves = Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16);
    tensors.set(name, { dtype: 'BF16', shape, bytes: bytesOf(halves) });
  }
  return writeSafetensors(tensors, config ? { config: JSON.stringify({ _class_name: 'LatentUpsampler', ...fields }) } : {});
}
