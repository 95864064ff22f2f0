import { AiprodError } from '../../errors';
import { parseLtxTransformerConfig, type LtxTransformerConfig } from './transformer-config';
import { parseLtxVaeConfig, type DownsampleType, type LtxVaeConfig } from './vae-config';

/** Shapes of a model's tensors, by their names as diffusers has them. */
export interface TensorShapes {
  /** For messages. */
  readonly name: string;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Heads of all released LTX-Video transformers; a head is 64 channels wide in 2B models and 128 in 13B models. */
const RELEASED_HEADS = 32;
const RELEASED_HEAD_DIMS = [64, 128];

/**
 * The configuration of a transformer, from its tensors alone. All but the number of heads can be seen: a width of 32 x 64 or
 * 32 x 128 has 32 heads as the released models have, another one heads of 64 channels.
 *
 * @param heads number of heads, where it is known
 * @throws AiprodError `unsupported-model` when tensors are missing, or the heads cannot be told.
 */
export function transformerConfigOfTensors(tensors: TensorShapes, heads?: number): LtxTransformerConfig {
  const shapeOf = shapeReader(tensors);
  const has = (name: string): boolean => tensors.shapes.has(name);
  const [width, inChannels] = shapeOf('proj_in.weight', 2);
  const released = RELEASED_HEAD_DIMS.find((size) => size * RELEASED_HEADS === width);
  const headDim = heads === undefined ? (released ?? RELEASED_HEAD_DIMS[0]) : width / heads;
  if (width % headDim !== 0 || !Number.isInteger(headDim)) {
    throw new AiprodError('unsupported-model', 'how many heads the transformer has cannot be told from its tensors', {
      where: tensors.name,
      expected: `a width that divides by ${heads === undefined ? `${headDim}, or a config in the metadata of the file` : `${heads} heads`}`,
      found: `${width} channels`,
      hint: 'Use the checkpoint with its metadata, or a folder with config.json',
    });
  }
  const block = 'transformer_blocks.0';
  return parseLtxTransformerConfig(
    {
      in_channels: inChannels,
      out_channels: shapeOf('proj_out.weight', 2)[0],
      num_attention_heads: width / headDim,
      attention_head_dim: headDim,
      cross_attention_dim: width,
      num_layers: countOf(tensors.shapes.keys(), 'transformer_blocks'),
      // A gated activation has both halves in one projection.
      activation_fn: shapeOf(`${block}.ff.net.0.proj.weight`, 2)[0] === 8 * width ? 'geglu' : 'gelu-approximate',
      norm_elementwise_affine: has(`${block}.norm1.weight`),
      caption_channels: shapeOf('caption_projection.linear_1.weight', 2)[1],
      attention_bias: has(`${block}.attn1.to_q.bias`),
      attention_out_bias: has(`${block}.attn1.to_out.0.bias`),
    },
    tensors.name,
  );
}

/** Pixel-unshuffling downsamplers by how many channels of theirs become one of the convolution's. */
const UNSHUFFLES = new Map<number, DownsampleType>([
  [2, 'temporal'],
  [4, 'spatial'],
  [8, 'spatiotemporal'],
]);
const STRIDES: Readonly<Record<DownsampleType, { readonly space: number; readonly time: number }>> = {
  conv: { space: 2, time: 2 },
  spatial: { space: 2, time: 1 },
  temporal: { space: 1, time: 2 },
  spatiotemporal: { space: 2, time: 2 },
};

/** Colour channels of the pixels that go in. */
const COLOURS = 3;

/**
 * The configuration of a VAE, from its tensors alone. What leaves no trace in them is as in all released models: a causal encoder, a
 * decoder that is not, and a residual beside upsamplers that divide the channels.
 *
 * @throws AiprodError `unsupported-model` when tensors are missing or no LTX-Video VAE has such shapes.
 */
export function vaeConfigOfTensors(tensors: TensorShapes): LtxVaeConfig {
  const shapeOf = shapeReader(tensors);
  const [first, patches] = shapeOf('encoder.conv_in.conv.weight', 5);
  const patchSize = Math.round(Math.sqrt(patches / COLOURS));
  const down = downConfig(tensors, first);
  const up = upConfig(tensors);
  const space = down.downsamplers.reduce((product, kind) => product * (kind === undefined ? 1 : STRIDES[kind].space), patchSize);
  const time = down.downsamplers.reduce((product, kind) => product * (kind === undefined ? 1 : STRIDES[kind].time), 1);
  return parseLtxVaeConfig(
    {
      in_channels: patches / patchSize ** 2,
      out_channels: shapeOf('decoder.conv_out.conv.weight', 5)[0] / patchSize ** 2,
      latent_channels: shapeOf('decoder.conv_in.conv.weight', 5)[1],
      patch_size: patchSize,
      ...down.fields,
      ...up,
      timestep_conditioning: tensors.shapes.has('decoder.scale_shift_table'),
      spatial_compression_ratio: space,
      temporal_compression_ratio: time,
    },
    tensors.name,
  );
}

/** The encoder's lists, and what each of its blocks shrinks by. */
function downConfig(
  tensors: TensorShapes,
  first: number,
): { readonly fields: object; readonly downsamplers: readonly (DownsampleType | undefined)[] } {
  const { shapes } = tensors;
  const shapeOf = shapeReader(tensors);
  const blocks = countOf(shapes.keys(), 'encoder.down_blocks');
  const at = (index: number): string => `encoder.down_blocks.${index}`;
  const unshuffles = Array.from({ length: blocks }, (_, index) => index).some((index) =>
    shapes.has(`${at(index)}.downsamplers.0.conv.conv.weight`),
  );
  const channels = [first];
  const downsamplers: (DownsampleType | undefined)[] = [];
  for (let index = 0; index < blocks; index++) {
    const current = channels[index];
    const unshuffle = `${at(index)}.downsamplers.0.conv.conv.weight`;
    if (shapes.has(unshuffle)) {
      const next = encoderChannels(tensors, index + 1, blocks);
      const kind = UNSHUFFLES.get(next / shapeOf(unshuffle, 5)[0]);
      if (kind === undefined) throw strangeShape(tensors, unshuffle, `${next / 8}, ${next / 4} or ${next / 2} channels`);
      downsamplers.push(kind);
      channels.push(next);
    } else {
      downsamplers.push(shapes.has(`${at(index)}.downsamplers.0.conv.weight`) ? 'conv' : undefined);
      const widened = `${at(index)}.conv_out.conv1.conv.weight`;
      channels.push(shapes.has(widened) ? shapeOf(widened, 5)[0] : current);
    }
  }
  const layers = [...Array.from({ length: blocks }, (_, index) => `${at(index)}.resnets`), 'encoder.mid_block.resnets'];
  const fields = {
    // The older encoder's last block keeps its channels, which are then named once.
    block_out_channels: unshuffles ? channels : channels.slice(0, blocks),
    down_block_types: downsamplers.map(() => (unshuffles ? 'LTXVideo095DownBlock3D' : 'LTXVideoDownBlock3D')),
    layers_per_block: layers.map((list) => countOf(shapes.keys(), list)),
    spatio_temporal_scaling: downsamplers.map((kind) => kind !== undefined),
    downsample_type: downsamplers.map((kind) => kind ?? 'conv'),
  };
  return { fields, downsamplers };
}

/** Channels that the encoder's block `index` works on; the mid block is the last. */
function encoderChannels(tensors: TensorShapes, index: number, blocks: number): number {
  const block = index < blocks ? `encoder.down_blocks.${index}` : 'encoder.mid_block';
  const resnet = `${block}.resnets.0.conv1.conv.weight`;
  if (tensors.shapes.has(resnet)) return shapeReader(tensors)(resnet, 5)[1];
  const downsampler = `${block}.downsamplers.0.conv.conv.weight`;
  return shapeReader(tensors)(tensors.shapes.has(downsampler) ? downsampler : 'encoder.conv_out.conv.weight', 5)[1];
}

/** The decoder's lists, which run from the output to the latents. */
function upConfig(tensors: TensorShapes): object {
  const { shapes } = tensors;
  const shapeOf = shapeReader(tensors);
  const blocks = countOf(shapes.keys(), 'decoder.up_blocks');
  const at = (index: number): string => `decoder.up_blocks.${index}`;
  let channels = shapeOf('decoder.conv_in.conv.weight', 5)[0];
  const outChannels: number[] = [];
  const factors: number[] = [];
  const scaling: boolean[] = [];
  for (let index = 0; index < blocks; index++) {
    const narrowed = `${at(index)}.conv_in.conv1.conv.weight`;
    if (shapes.has(narrowed)) channels = shapeOf(narrowed, 5)[0];
    const upsampler = `${at(index)}.upsamplers.0.conv.conv.weight`;
    const isScaled = shapes.has(upsampler);
    const factor = isScaled ? (8 * channels) / shapeOf(upsampler, 5)[0] : 1;
    if (!Number.isInteger(factor) || factor < 1) throw strangeShape(tensors, upsampler, `a divisor of ${8 * channels} channels`);
    scaling.push(isScaled);
    factors.push(factor);
    outChannels.push(channels);
    channels /= factor;
  }
  const lists = ['decoder.mid_block', ...Array.from({ length: blocks }, (_, index) => at(index))].reverse();
  return {
    decoder_block_out_channels: outChannels.reverse(),
    decoder_layers_per_block: lists.map((block) => countOf(shapes.keys(), `${block}.resnets`)),
    decoder_inject_noise: lists.map((block) => shapes.has(`${block}.resnets.0.per_channel_scale1`)),
    decoder_spatio_temporal_scaling: scaling.reverse(),
    upsample_factor: factors.reverse(),
    upsample_residual: factors.map((factor) => factor > 1),
  };
}

function shapeReader({ name: where, shapes }: TensorShapes): (name: string, rank: number) => readonly number[] {
  return (name, rank) => {
    const shape = shapes.get(name);
    if (shape?.length === rank) return shape;
    throw new AiprodError('unsupported-model', `the configuration cannot be told: ${name} is needed`, {
      where,
      expected: `a tensor of ${rank} dimensions`,
      found: shape === undefined ? 'none' : `[${shape.join(', ')}]`,
      hint: 'Check that the file is whole and belongs to an LTX-Video model',
    });
  };
}

function strangeShape({ name: where, shapes }: TensorShapes, tensor: string, expected: string): AiprodError {
  const found = `[${shapes.get(tensor)?.join(', ') ?? ''}]`;
  return new AiprodError('unsupported-model', `no LTX-Video VAE has such a shape: ${tensor}`, { where, expected, found });
}

/** How many entries a numbered list of modules has: one more than its highest number. */
function countOf(names: Iterable<string>, list: string): number {
  const start = `${list}.`;
  let count = 0;
  for (const name of names) {
    if (!name.startsWith(start)) continue;
    const index = /^\d{1,4}(?=\.)/.exec(name.slice(start.length));
    if (index !== null) count = Math.max(count, Number(index[0]) + 1);
  }
  return count;
}
