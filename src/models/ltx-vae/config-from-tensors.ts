import { AiprodError } from '../../errors';
import { countOf, shapeReader, type TensorShapes } from '../tensor-shapes';
import {
  upsampleStride,
  vaeConfigOfFields,
  type DownsampleType,
  type LtxVaeConfig,
  type UpsampleType,
  type VaeGeneration,
} from './vae-config';

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
 * decoder that is not, and a residual beside upsamplers that divide the channels. LTX-2 2.0 mirrors edges in its decoder; 2.3, whose
 * upsamplers are of several kinds, has neither mirrored edges nor residuals.
 *
 * @throws AiprodError `unsupported-model` when tensors are missing or no LTX-Video VAE has such shapes.
 */
export function vaeConfigOfTensors(tensors: TensorShapes, generation: VaeGeneration = 'ltx-video'): LtxVaeConfig {
  const shapeOf = shapeReader(tensors);
  const [first, patches] = shapeOf('encoder.conv_in.conv.weight', 5);
  const patchSize = Math.round(Math.sqrt(patches / COLOURS));
  const down = downConfig(tensors, first);
  const { fields: up, types } = upConfig(tensors);
  const isLtx2 = generation === 'ltx-2';
  const uniform = types.every((type) => type === 'spatiotemporal');
  const space = down.downsamplers.reduce((product, kind) => product * (kind === undefined ? 1 : STRIDES[kind].space), patchSize);
  const time = down.downsamplers.reduce((product, kind) => product * (kind === undefined ? 1 : STRIDES[kind].time), 1);
  return vaeConfigOfFields(
    {
      in_channels: patches / patchSize ** 2,
      out_channels: shapeOf('decoder.conv_out.conv.weight', 5)[0] / patchSize ** 2,
      latent_channels: shapeOf('decoder.conv_in.conv.weight', 5)[1],
      patch_size: patchSize,
      ...down.fields,
      ...up,
      ...(uniform ? {} : { upsample_residual: types.map(() => false) }),
      timestep_conditioning: tensors.shapes.has('decoder.scale_shift_table'),
      spatial_compression_ratio: space,
      temporal_compression_ratio: time,
    },
    tensors.name,
    { upsample_type: types, decoder_spatial_padding_mode: isLtx2 && uniform ? 'reflect' : 'zeros', plain_shortcut: isLtx2 },
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

const upsampleTypes: readonly UpsampleType[] = ['spatial', 'temporal', 'spatiotemporal'];

/** The decoder's lists, which run from the output to the latents. */
function upConfig(tensors: TensorShapes): { readonly fields: object; readonly types: UpsampleType[] } {
  const { shapes } = tensors;
  const shapeOf = shapeReader(tensors);
  const blocks = countOf(shapes.keys(), 'decoder.up_blocks');
  const at = (index: number): string => `decoder.up_blocks.${index}`;
  let channels = shapeOf('decoder.conv_in.conv.weight', 5)[0];
  const outChannels: number[] = [];
  const factors: number[] = [];
  const scaling: boolean[] = [];
  const types: UpsampleType[] = [];
  for (let index = 0; index < blocks; index++) {
    const narrowed = `${at(index)}.conv_in.conv1.conv.weight`;
    if (shapes.has(narrowed)) channels = shapeOf(narrowed, 5)[0];
    const upsampler = `${at(index)}.upsamplers.0.conv.conv.weight`;
    const isScaled = shapes.has(upsampler);
    // What comes behind the shuffle tells the factor; the convolution then tells into how many pixels it is shuffled.
    const factor = isScaled ? channels / decoderChannels(tensors, index, blocks) : 1;
    const volume = isScaled ? (shapeOf(upsampler, 5)[0] * factor) / channels : 8;
    const type = upsampleTypes.find((kind) => upsampleStride[kind].reduce((product, size) => product * size, 1) === volume);
    if (!Number.isInteger(factor) || type === undefined)
      throw strangeShape(tensors, upsampler, `2, 4 or 8 times ${channels / factor} channels`);
    types.push(type);
    scaling.push(isScaled);
    factors.push(factor);
    outChannels.push(channels);
    channels /= factor;
  }
  const lists = ['decoder.mid_block', ...Array.from({ length: blocks }, (_, index) => at(index))].reverse();
  const fields = {
    decoder_block_out_channels: outChannels.reverse(),
    decoder_layers_per_block: lists.map((block) => countOf(shapes.keys(), `${block}.resnets`)),
    decoder_inject_noise: lists.map((block) => shapes.has(`${block}.resnets.0.per_channel_scale1`)),
    decoder_spatio_temporal_scaling: scaling.reverse(),
    upsample_factor: factors.reverse(),
    upsample_residual: factors.map((factor) => factor > 1),
  };
  return { fields, types };
}

/** Channels behind the upsampler of the decoder's block `index`: those that the next convolution takes. */
function decoderChannels(tensors: TensorShapes, index: number, blocks: number): number {
  const own = `decoder.up_blocks.${index}.resnets.0.conv1.conv.weight`;
  const next = `decoder.up_blocks.${index + 1}`;
  const last = index + 1 === blocks ? 'decoder.conv_out.conv.weight' : `${next}.upsamplers.0.conv.conv.weight`;
  const found = [own, `${next}.conv_in.conv1.conv.weight`, last].find((name) => tensors.shapes.has(name)) ?? last;
  return shapeReader(tensors)(found, 5)[1];
}

function strangeShape({ name: where, shapes }: TensorShapes, tensor: string, expected: string): AiprodError {
  const found = `[${shapes.get(tensor)?.join(', ') ?? ''}]`;
  return new AiprodError('unsupported-model', `no LTX-Video VAE has such a shape: ${tensor}`, { where, expected, found });
}
