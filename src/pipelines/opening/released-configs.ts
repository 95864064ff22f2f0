/**
 * Configurations of released models as their repositories publish them (config.json of Lightricks/LTX-Video, Lightricks/LTX-2 and the
 * text encoders that they name), as far as they are no default of their class.
 */
export const released = {
  ltxVideo: {
    /** google/t5-v1_1-xxl. */
    textEncoder: {
      ...{ model_type: 't5', d_model: 4096, d_kv: 64, d_ff: 10240, num_layers: 24, num_heads: 64, vocab_size: 32128 },
      feed_forward_proj: 'gated-gelu',
    },
    maxSequenceLength: 128,
    transformers: { '2B': {}, '13B': { attention_head_dim: 128, cross_attention_dim: 4096, num_layers: 48 } },
    /** Of 0.9.5 and all later ones. */
    vae: {
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
      ...{ timestep_conditioning: true, spatial_compression_ratio: 32, temporal_compression_ratio: 8 },
    },
  },
  ltx2: {
    /** The text model of google/gemma-3-12b. */
    textEncoder: {
      ...{ hidden_size: 3840, intermediate_size: 15360, num_attention_heads: 16, num_hidden_layers: 48, num_key_value_heads: 8 },
      ...{ vocab_size: 262208, head_dim: 256, query_pre_attn_scalar: 256, sliding_window: 1024 },
      rope_scaling: { factor: 8, rope_type: 'linear' },
    },
    connectors: { rope_type: 'split' },
    transformer: { rope_type: 'split' },
    vae: { timestep_conditioning: false, decoder_causal: false, spatial_compression_ratio: 32, temporal_compression_ratio: 8 },
    audioVae: {},
    vocoder: {},
  },
} as const;
