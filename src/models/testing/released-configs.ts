/** VAEs of the released LTX-Video checkpoints: as diffusers configures them, and as the checkpoints' own metadata does. For tests. */
const res = (num_layers: number, inject_noise?: boolean): [string, object] => [
  'res_x',
  { num_layers, ...(inject_noise === undefined ? {} : { inject_noise }) },
];
const compress = (kind: string, options: object = { multiplier: 2 }): [string, object] => [kind, options];
const upsample = compress('compress_all', { residual: true, multiplier: 2 });

const common = {
  _class_name: 'CausalVideoAutoencoder',
  dims: 3,
  in_channels: 3,
  out_channels: 3,
  latent_channels: 128,
  scaling_factor: 1,
  norm_layer: 'pixel_norm',
  patch_size: 4,
  latent_log_var: 'uniform',
  use_quant_conv: false,
  causal_decoder: false,
};

const blocks090: [string, number | object][] = [
  ['res_x', 4],
  ['compress_all', 1],
  ['res_x_y', 1],
  ['res_x', 3],
  ['compress_all', 1],
  ['res_x_y', 1],
  ['res_x', 3],
  ['compress_all', 1],
  ['res_x', 3],
  ['res_x', 4],
];

export const releasedVaes = {
  '0.9.0': { diffusers: {}, original: { ...common, blocks: blocks090 } },
  '0.9.1': {
    diffusers: {
      decoder_block_out_channels: [256, 512, 1024],
      decoder_layers_per_block: [5, 6, 7, 8],
      decoder_spatio_temporal_scaling: [true, true, true],
      decoder_inject_noise: [true, true, true, false],
      upsample_residual: [true, true, true],
      upsample_factor: [2, 2, 2],
      timestep_conditioning: true,
    },
    original: {
      ...common,
      encoder_blocks: blocks090,
      decoder_blocks: [res(5, true), upsample, res(6, true), upsample, res(7, true), upsample, res(8, false)],
      timestep_conditioning: true,
    },
  },
  '0.9.5': {
    diffusers: {
      block_out_channels: [128, 256, 512, 1024, 2048],
      down_block_types: new Array<string>(4).fill('LTXVideo095DownBlock3D'),
      decoder_block_out_channels: [256, 512, 1024],
      layers_per_block: [4, 6, 6, 2, 2],
      decoder_layers_per_block: [5, 5, 5, 5],
      spatio_temporal_scaling: [true, true, true, true],
      decoder_spatio_temporal_scaling: [true, true, true],
      decoder_inject_noise: [false, false, false, false],
      downsample_type: ['spatial', 'temporal', 'spatiotemporal', 'spatiotemporal'],
      upsample_residual: [true, true, true],
      upsample_factor: [2, 2, 2],
      timestep_conditioning: true,
    },
    original: {
      ...common,
      encoder_blocks: [
        res(4),
        compress('compress_space_res'),
        res(6),
        compress('compress_time_res'),
        res(6),
        compress('compress_all_res'),
        res(2),
        compress('compress_all_res'),
        res(2),
      ],
      decoder_blocks: [res(5, false), upsample, res(5, false), upsample, res(5, false), upsample, res(5, false)],
      timestep_conditioning: true,
    },
  },
} as const;

/** The transformer of the 2B checkpoints as their metadata has it. */
export const originalTransformer2B = {
  _class_name: 'Transformer3DModel',
  _diffusers_version: '0.25.1',
  activation_fn: 'gelu-approximate',
  attention_bias: true,
  attention_head_dim: 64,
  attention_type: 'default',
  caption_channels: 4096,
  cross_attention_dim: 2048,
  double_self_attention: false,
  dropout: 0,
  in_channels: 128,
  norm_elementwise_affine: false,
  norm_eps: 1e-6,
  norm_num_groups: 32,
  num_attention_heads: 32,
  num_embeds_ada_norm: 1000,
  num_layers: 28,
  num_vector_embeds: null,
  only_cross_attention: false,
  out_channels: 128,
  upcast_attention: false,
  use_linear_projection: false,
  qk_norm: 'rms_norm',
  standardization_norm: 'rms_norm',
  positional_embedding_type: 'rope',
  positional_embedding_theta: 10000,
  positional_embedding_max_pos: [20, 2048, 2048],
  timestep_scale_multiplier: 1000,
};

const residualBlocks = (encoderLayers: readonly number[], multipliers: readonly number[]): [string, object][] =>
  encoderLayers.flatMap((layers, index) => {
    const kind = ['compress_space_res', 'compress_time_res', 'compress_all_res', 'compress_all_res'][index];
    return index < multipliers.length ? [res(layers), compress(kind, { multiplier: multipliers[index] })] : [res(layers)];
  });

const diffusers2 = {
  timestep_conditioning: false,
  decoder_causal: false,
  spatial_compression_ratio: 32,
  temporal_compression_ratio: 8,
};

/** VAEs of the released LTX-2 checkpoints, likewise. */
export const releasedLtx2Vaes = {
  '2.0': {
    diffusers: diffusers2,
    original: {
      ...common,
      encoder_spatial_padding_mode: 'zeros',
      decoder_spatial_padding_mode: 'reflect',
      encoder_blocks: residualBlocks([4, 6, 6, 2, 2], [2, 2, 2, 2]),
      decoder_blocks: [res(5, false), upsample, res(5, false), upsample, res(5, false), upsample, res(5, false)],
    },
  },
  '2.3': {
    diffusers: {
      ...diffusers2,
      block_out_channels: [256, 512, 1024, 1024],
      layers_per_block: [4, 6, 4, 2, 2],
      decoder_block_out_channels: [256, 512, 512, 1024],
      decoder_layers_per_block: [4, 6, 4, 2, 2],
      decoder_spatio_temporal_scaling: [true, true, true, true],
      decoder_inject_noise: [false, false, false, false, false],
      upsample_residual: [false, false, false, false],
      upsample_factor: [2, 2, 1, 2],
      upsample_type: ['spatiotemporal', 'spatiotemporal', 'temporal', 'spatial'],
      decoder_spatial_padding_mode: 'zeros',
    },
    original: {
      ...common,
      encoder_base_channels: 128,
      decoder_base_channels: 128,
      spatial_padding_mode: 'zeros',
      encoder_blocks: residualBlocks([4, 6, 4, 2, 2], [2, 2, 2, 1]),
      decoder_blocks: [
        res(4),
        compress('compress_space'),
        res(6),
        compress('compress_time'),
        res(4),
        compress('compress_all', { multiplier: 1 }),
        res(2),
        compress('compress_all'),
        res(2),
      ],
    },
  },
} as const;
