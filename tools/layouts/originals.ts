/** Random tiny checkpoints in the layouts that LTX-Video was released in: original names, one file, with or without metadata. */
import { evaluateGraph, type ParameterReader } from '../../src/graph';
import {
  buildTransformerGraph,
  buildVaeDecoderGraph,
  buildVaeEncoderGraph,
  decodeTimestepInput,
  decodeTimestepScaleName,
  parameterShapes,
  parseLtxTransformerConfig,
  parseLtxVaeConfig,
  timestepInput,
  type LtxVaeConfig,
  type ModelGraph,
} from '../../src/models';
import { encodings } from '../../src/numeric/quantized';
import { randomNormal } from '../../src/numeric/random';
import {
  bytesOf,
  ggufOfEncoded,
  writeGguf,
  writeSafetensors,
  type GgufTensorToWrite,
  type LtxVaeVersion,
  type TensorToWrite,
} from '../../src/weights';
import { initialised, randomCheckpoint, type Component, type Weight } from './checkpoint';

export const vaeVersions = ['0.9.0', '0.9.1', '0.9.5'] as const satisfies readonly LtxVaeVersion[];
type LtxVideoVaeVersion = (typeof vaeVersions)[number];

/** One way in which a checkpoint may lie on disk. */
export interface OriginalLayout {
  readonly name: string;
  readonly vae: LtxVideoVaeVersion;
  /** Whether the file tells its configuration. */
  readonly metadata: boolean;
  /** Whether the VAE is a file of its own, beside the transformer. */
  readonly separate: boolean;
  /** Whether the T5 encoder is inside the file, as ComfyUI saves checkpoints, or in a folder beside it. */
  readonly encoderInside: boolean;
}

export const originalLayouts: readonly OriginalLayout[] = vaeVersions.flatMap((vae) =>
  [true, false].flatMap((metadata) =>
    (
      [
        ['single', false, false],
        ['separate-vae', true, false],
        ['with-encoder', false, true],
      ] as const
    ).map(([kind, separate, encoderInside]) => ({
      name: `original-${vae}-${kind}${metadata ? '' : '-no-metadata'}`,
      vae,
      metadata,
      separate,
      encoderInside,
    })),
  ),
);

const transformer = {
  in_channels: 8,
  out_channels: 8,
  num_attention_heads: 2,
  attention_head_dim: 64,
  cross_attention_dim: 128,
  num_layers: 2,
  caption_channels: 256,
};

const res = (layers: number, inject_noise = false): [string, object] => ['res_x', { num_layers: layers, inject_noise }];
const up: [string, object] = ['compress_all', { residual: true, multiplier: 2 }];
const downsampled = (kind: string): [string, object] => [kind, { multiplier: 2 }];

/** The structure of 0.9.0, whose modules stand in one list for both halves. */
const firstBlocks = [
  ['res_x', 2],
  ['compress_all', 1],
  ['res_x_y', 1],
  ['res_x', 1],
  ['compress_all', 1],
  ['res_x_y', 1],
  ['res_x', 1],
  ['compress_all', 1],
  ['res_x', 1],
  ['res_x', 2],
];
const decoderOf091 = { channels: [8, 16, 32], layers: [1, 2, 1, 2] };
const laterDecoder = {
  decoder_block_out_channels: decoderOf091.channels,
  decoder_layers_per_block: decoderOf091.layers,
  decoder_spatio_temporal_scaling: [true, true, true],
  upsample_residual: [true, true, true],
  upsample_factor: [2, 2, 2],
  timestep_conditioning: true,
};
const firstEncoder = { block_out_channels: [4, 8, 16, 16], layers_per_block: [2, 1, 1, 1, 2] };
const originalVae = { encoder_base_channels: 4, decoder_base_channels: 4, latent_channels: 8, patch_size: 4, dims: 3 };
const originalRest = {
  norm_layer: 'pixel_norm',
  latent_log_var: 'uniform',
  use_quant_conv: false,
  causal_decoder: false,
  scaling_factor: 1,
};

/** Tiny VAEs of the structure of each generation: as diffusers configures them and as the original metadata do. */
const vaes: Readonly<Record<LtxVideoVaeVersion, { readonly diffusers: object; readonly original: object }>> = {
  '0.9.0': {
    diffusers: { ...firstEncoder, decoder_block_out_channels: [4, 8, 16, 16], decoder_layers_per_block: [2, 1, 1, 1, 2] },
    original: { blocks: firstBlocks },
  },
  '0.9.1': {
    diffusers: { ...firstEncoder, ...laterDecoder, decoder_inject_noise: [true, true, true, false] },
    original: {
      encoder_blocks: firstBlocks,
      decoder_blocks: [res(1, true), up, res(2, true), up, res(1, true), up, res(2)],
      timestep_conditioning: true,
    },
  },
  '0.9.5': {
    diffusers: {
      ...laterDecoder,
      block_out_channels: [4, 8, 16, 32, 64],
      down_block_types: new Array<string>(4).fill('LTXVideo095DownBlock3D'),
      layers_per_block: [1, 2, 1, 1, 1],
      spatio_temporal_scaling: [true, true, true, true],
      downsample_type: ['spatial', 'temporal', 'spatiotemporal', 'spatiotemporal'],
      decoder_inject_noise: [false, false, false, false],
    },
    original: {
      encoder_blocks: [
        res(1),
        downsampled('compress_space_res'),
        res(2),
        downsampled('compress_time_res'),
        res(1),
        downsampled('compress_all_res'),
        res(1),
        downsampled('compress_all_res'),
        res(1),
      ],
      decoder_blocks: [res(1), up, res(2), up, res(1), up, res(2)],
      timestep_conditioning: true,
    },
  },
};

/** A component under the names of diffusers, and what it computes on inputs that are always the same. */
export interface OriginalComponent {
  readonly weights: ReadonlyMap<string, Weight>;
  run(read: ParameterReader): Promise<Float32Array>;
}

const known = new Map<string, OriginalComponent>();

/** Tracing and drawing take longer than anything that is done with the result. */
function once(key: string, make: () => OriginalComponent): OriginalComponent {
  const component = known.get(key) ?? make();
  known.set(key, component);
  return component;
}

/** The same seed gives the same weights on every machine. */
export const originalTransformer = (seed: number): OriginalComponent => once(`transformer ${seed}`, () => makeTransformer(seed));
export const originalVaeOf = (version: LtxVideoVaeVersion, seed: number): OriginalComponent =>
  once(`vae ${version} ${seed}`, () => makeVae(version, seed));

const encoders = new Map<number, Component>();
function textEncoderOf(seed: number): Component {
  const encoder = encoders.get(seed) ?? randomCheckpoint(seed).get('text_encoder');
  if (encoder === undefined) throw new Error('the checkpoint has no text encoder');
  encoders.set(seed, encoder);
  return encoder;
}

function makeTransformer(seed: number): OriginalComponent {
  const { graph } = buildTransformerGraph(parseLtxTransformerConfig(transformer), {
    batch: 1,
    positions: { frames: 2, height: 2, width: 2 },
    textLength: 3,
    masked: false,
  });
  const inputs = {
    hidden_states: randomNormal(7, 0, 8 * 8),
    encoder_hidden_states: randomNormal(7, 1, 3 * transformer.caption_channels),
    timestep_sinusoid: timestepInput(Float32Array.of(500)),
  };
  return {
    weights: randomWeights(parameterShapes(graph), seed, 10),
    run: async (read) => joined([await evaluateGraph(graph, inputs, read)]),
  };
}

export function vaeConfig(version: LtxVideoVaeVersion): LtxVaeConfig {
  return parseLtxVaeConfig({
    latent_channels: 8,
    ...vaes[version].diffusers,
    spatial_compression_ratio: 32,
    temporal_compression_ratio: 8,
  });
}

function makeVae(version: LtxVideoVaeVersion, seed: number): OriginalComponent {
  const config = vaeConfig(version);
  const decoder = buildVaeDecoderGraph(config, { batch: 1, frames: 1, height: 1, width: 1 });
  const encoder = buildVaeEncoderGraph(config, { batch: 1, frames: 1, height: 32, width: 32 });
  const shapes = new Map([...parameterShapes(decoder.graph), ...parameterShapes(encoder.graph)]);
  for (const statistic of ['latents_mean', 'latents_std']) shapes.set(statistic, [8]);
  if (config.timestep_conditioning) shapes.set(decodeTimestepScaleName, []);
  return {
    weights: randomWeights(shapes, seed, 20),
    run: async (read) =>
      joined([
        await evaluateGraph(decoder.graph, decoderInputs(decoder), read),
        await evaluateGraph(encoder.graph, { video: randomNormal(7, 3, 3 * 32 * 32) }, read),
      ]),
  };
}

function decoderInputs({ inputs }: ModelGraph): Record<string, Float32Array> {
  const values: Record<string, Float32Array> = {};
  let stream = 30;
  for (const [name, { shape }] of inputs) {
    const count = shape.reduce((product, length) => product * length, 1);
    values[name] = name === 'timestep_sinusoid' ? decodeTimestepInput([0.05], 1000) : randomNormal(7, stream++, count);
  }
  return values;
}

function randomWeights(shapes: ReadonlyMap<string, readonly number[]>, seed: number, stream: number): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  let offset = 0;
  for (const [name, shape] of [...shapes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const count = shape.reduce((product, length) => product * length, 1);
    weights.set(name, { shape, values: initialised(name, shape, randomNormal(seed, stream, count, offset)) });
    offset += count;
  }
  return weights;
}

function joined(results: readonly ReadonlyMap<string, { readonly data: ArrayLike<number> }>[]): Float32Array {
  return Float32Array.from(results.flatMap((result) => [...result.values()].flatMap(({ data }) => Array.from(data))));
}

/** The files of a layout, by path; the checkpoint itself is `checkpoint.safetensors`. */
export function writeOriginal(layout: OriginalLayout, seed: number): Map<string, Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, TensorToWrite>();
  const vaeTensors = layout.separate ? new Map<string, TensorToWrite>() : tensors;
  for (const [name, weight] of originalTransformer(seed).weights) {
    tensors.set(`model.diffusion_model.${originalTransformerName(name)}`, tensorOf(weight));
  }
  for (const [name, weight] of originalVaeOf(layout.vae, seed).weights) {
    vaeTensors.set(`${layout.separate ? '' : 'vae.'}${originalVaeName(name, layout.vae)}`, tensorOf(weight));
  }
  // Statistics that nothing reads, as the released files have them.
  vaeTensors.set(
    `${layout.separate ? '' : 'vae.'}per_channel_statistics.mean-of-stds`,
    tensorOf({ shape: [8], values: new Float32Array(8) }),
  );
  const encoder = textEncoderFiles(seed);
  if (layout.encoderInside) {
    for (const [name, weight] of encoder.weights) tensors.set(`text_encoders.t5xxl.transformer.${name}`, tensorOf(weight));
  }
  const vae = { _class_name: 'CausalVideoAutoencoder', ...originalVae, ...originalRest, ...vaes[layout.vae].original };
  const config = (parts: object): Record<string, string> => (layout.metadata ? { config: JSON.stringify(parts) } : {});
  const files = new Map([
    [
      'checkpoint.safetensors',
      writeSafetensors(
        tensors,
        config({ transformer: { _class_name: 'Transformer3DModel', ...transformer }, ...(layout.separate ? {} : { vae }) }),
      ),
    ],
  ]);
  if (layout.separate) files.set('my-vae.safetensors', writeSafetensors(vaeTensors, config({ vae })));
  if (!layout.encoderInside) files.set('text_encoder/model.safetensors', encoder.file);
  return files
    .set('tokenizer/vocab.json', encode(['<pad>', '</s>', '<unk>', 'a']))
    .set('tokenizer/tokenizer_config.json', encode({ model_max_length: 16 }));
}

/**
 * A folder in diffusers layout whose weights are of other origin: the transformer GGUF (q8_0), the VAE a file with original names.
 */
export function writeMixedFolder(seed: number): Map<string, Uint8Array<ArrayBuffer>> {
  const version = '0.9.5';
  const blocks = new Map<string, GgufTensorToWrite>();
  for (const [name, { shape, values }] of originalTransformer(seed).weights) {
    const isWide = shape.length === 2 && shape[1] % encodings.q8_0.blockElements === 0;
    const encoding = isWide ? 'q8_0' : 'f32';
    const encoded = { encoding, shape, ...encodings[encoding].encode(values, shape.at(-1) ?? 1) } as const;
    blocks.set(originalTransformerName(name), ggufOfEncoded(name, encoded));
  }
  const vae = new Map(
    [...originalVaeOf(version, seed).weights].map(([name, weight]) => [originalVaeName(name, version), tensorOf(weight)]),
  );
  const component = (className: string): [string, string] => ['diffusers', className];
  return new Map([
    [
      'model_index.json',
      encode({
        _class_name: 'LTXConditionPipeline',
        transformer: component('LTXVideoTransformer3DModel'),
        vae: component('AutoencoderKLLTXVideo'),
        scheduler: component('FlowMatchEulerDiscreteScheduler'),
        text_encoder: ['transformers', 'T5EncoderModel'],
        tokenizer: ['transformers', 'T5Tokenizer'],
      }),
    ],
    ['transformer/config.json', encode(transformer)],
    ['transformer/ltxv-Q8_0.gguf', writeGguf(blocks, { architecture: 'ltxv' })],
    ['vae/config.json', encode(vaeConfig(version))],
    ['vae/vae.safetensors', writeSafetensors(vae)],
    ['text_encoder/config.json', encode(textEncoderOf(seed).config)],
    ['text_encoder/model.safetensors', textEncoderFiles(seed).file],
    ['scheduler/scheduler_config.json', encode({ use_dynamic_shifting: false })],
    ['tokenizer/vocab.json', encode(['<pad>', '</s>', '<unk>', 'a'])],
    ['tokenizer/tokenizer_config.json', encode({ model_max_length: 16 })],
  ]);
}

function textEncoderFiles(seed: number): { weights: ReadonlyMap<string, Weight>; file: Uint8Array<ArrayBuffer> } {
  const { weights } = textEncoderOf(seed);
  return { weights, file: writeSafetensors(new Map([...weights].map(([name, weight]) => [name, tensorOf(weight)]))) };
}

function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

function tensorOf({ shape, values }: Weight): TensorToWrite {
  return { dtype: 'F32', shape, bytes: bytesOf(values) };
}

/** `transformer_blocks.0.attn1.norm_q` is `transformer_blocks.0.attn1.q_norm` there, and so on. */
export function originalTransformerName(name: string): string {
  return name
    .replace(/^proj_in\./, 'patchify_proj.')
    .replace(/^time_embed\./, 'adaln_single.')
    .replace(/\.norm_(q|k)\./, '.$1_norm.');
}

/** Modules of each half in the order in which the original numbers them. */
const flatEncoder: Readonly<Record<LtxVaeVersion, readonly string[]>> = (() => {
  const first = [
    'down_blocks.0',
    'down_blocks.0.downsamplers.0',
    'down_blocks.0.conv_out',
    'down_blocks.1',
    'down_blocks.1.downsamplers.0',
    'down_blocks.1.conv_out',
    'down_blocks.2',
    'down_blocks.2.downsamplers.0',
    'down_blocks.3',
    'mid_block',
  ];
  const later = [0, 1, 2, 3].flatMap((k) => [`down_blocks.${k}`, `down_blocks.${k}.downsamplers.0`]);
  return { '0.9.0': first, '0.9.1': first, '0.9.5': [...later, 'mid_block'], '2.0': [...later, 'mid_block'] };
})();
const flatDecoder: Readonly<Record<LtxVaeVersion, readonly string[]>> = (() => {
  const first = [
    'mid_block',
    'up_blocks.0',
    'up_blocks.1.upsamplers.0',
    'up_blocks.1',
    'up_blocks.2.conv_in',
    'up_blocks.2.upsamplers.0',
    'up_blocks.2',
    'up_blocks.3.conv_in',
    'up_blocks.3.upsamplers.0',
    'up_blocks.3',
  ];
  const later = ['mid_block', ...[0, 1, 2, 3].flatMap((k) => [`up_blocks.${k}.upsamplers.0`, `up_blocks.${k}`])];
  return { '0.9.0': first, '0.9.1': later, '0.9.5': later, '2.0': later };
})();

export function originalVaeName(name: string, version: LtxVaeVersion): string {
  if (name === 'latents_mean') return 'per_channel_statistics.mean-of-means';
  if (name === 'latents_std') return 'per_channel_statistics.std-of-means';
  const [half, ...rest] = name.split('.');
  const path = rest.join('.');
  const list = (half === 'encoder' ? flatEncoder : flatDecoder)[version];
  // The longest module that the name begins with; names of a block's own are those that belong to no module inside it.
  const module = list.filter((place) => path.startsWith(`${place}.`)).sort((a, b) => b.length - a.length)[0] as string | undefined;
  const moved =
    module === undefined
      ? path.replace(/^time_embedder\./, 'last_time_embedder.').replace(/^scale_shift_table$/, 'last_scale_shift_table')
      : `${half === 'encoder' ? 'down_blocks' : 'up_blocks'}.${list.indexOf(module)}${path.slice(module.length)}`;
  return `${half}.${moved.replace('.resnets.', '.res_blocks.').replace('conv_shortcut.conv.', 'conv_shortcut.').replace('.norm3.', '.norm3.norm.')}`;
}
