/** Random LTX-2 models, 2.0 and 2.3, small enough to run on the CPU: the parts, and what each computes on inputs that are always the same. */
import { evaluateGraph, type HostTensor, type ParameterReader } from '../../src/graph';
import {
  buildAudioVaeDecoderGraph,
  buildAudioVaeEncoderGraph,
  buildConnectorsGraph,
  buildGemma3Graph,
  buildLtx2TransformerGraph,
  buildVaeDecoderGraph,
  buildVaeEncoderGraph,
  buildVocoderGraph,
  ltx2ConnectorRows,
  parameterShapes,
  parseGemma3Config,
  parseLtx2AudioVaeConfig,
  parseLtx2ConnectorsConfig,
  parseLtx2TransformerConfig,
  parseLtx2VaeConfig,
  parseLtx2VocoderConfig,
  type ModelGraph,
} from '../../src/models';
import { randomNormal } from '../../src/numeric/random';
import { ltx2Components, type Ltx2Component } from '../../src/pipelines';
import { initialised, type Weight } from './checkpoint';

export const ltx2Versions = ['2.0', '2.3'] as const;
export type Ltx2Version = (typeof ltx2Versions)[number];

/** Width of the text encoder, and of the connectors of 2.0, whose heads have 128 channels in every release. */
const TEXT_WIDTH = 128;
/** Tokens of a prompt. */
const LENGTH = 4;

const shared = { in_channels: 8, out_channels: 8, audio_in_channels: 16, audio_out_channels: 16, num_layers: 2, rope_type: 'split' };
const width64 = { cross_attention_dim: 64, audio_cross_attention_dim: 64, caption_channels: TEXT_WIDTH };
/** 2.0 has 32 heads in every release, which nothing in a file without metadata tells; 2.3 shows them by its gates. */
const manyHeads = { num_attention_heads: 32, attention_head_dim: 2, audio_num_attention_heads: 32, audio_attention_head_dim: 2 };
const fewHeads = { num_attention_heads: 2, attention_head_dim: 32, audio_num_attention_heads: 2, audio_attention_head_dim: 32 };
const gates = { gated_attn: true, audio_gated_attn: true, cross_attn_mod: true, audio_cross_attn_mod: true };
const connectorOf = (modality: string, heads: number, channels: number) => ({
  [`${modality}_connector_num_attention_heads`]: heads,
  [`${modality}_connector_attention_head_dim`]: channels,
  [`${modality}_connector_num_layers`]: 1,
  [`${modality}_connector_num_learnable_registers`]: LENGTH,
});
const connectors = { caption_channels: TEXT_WIDTH, text_proj_in_factor: 4, rope_type: 'split' };
const snakes = { resnet_dilations: [[1, 3, 5]], bwe_resnet_dilations: [[1, 3, 5]], resnet_kernel_sizes: [3], bwe_resnet_kernel_sizes: [3] };

/** What config.json of each part holds. */
const configs: Readonly<Record<Ltx2Version, Readonly<Record<Ltx2Component, Readonly<Record<string, unknown>>>>>> = (() => {
  const both = {
    text_encoder: {
      ...{ vocab_size: 9, hidden_size: TEXT_WIDTH, intermediate_size: 32, num_hidden_layers: 3 },
      ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 16 },
    },
    vae: {
      _class_name: 'AutoencoderKLLTX2Video',
      ...{ latent_channels: 8, block_out_channels: [4, 8, 16, 16], decoder_block_out_channels: [8, 16, 32], upsample_factor: [2, 2, 2] },
      ...{ layers_per_block: [1, 1, 1, 1, 1], decoder_layers_per_block: [1, 1, 1, 1], decoder_causal: false },
      ...{ spatial_compression_ratio: 32, temporal_compression_ratio: 8 },
    },
    audio_vae: {
      _class_name: 'AutoencoderKLLTX2Audio',
      ...{ base_channels: 16, ch_mult: [1, 1, 2], num_res_blocks: 1, latent_channels: 4, mel_bins: 16, norm_type: 'pixel' },
      causality_axis: 'height',
    },
  };
  return {
    '2.0': {
      ...both,
      transformer: { _class_name: 'LTX2VideoTransformer3DModel', ...shared, ...width64, ...manyHeads },
      connectors: {
        _class_name: 'LTX2TextConnectors',
        ...connectors,
        ...connectorOf('video', 1, TEXT_WIDTH),
        ...connectorOf('audio', 1, TEXT_WIDTH),
      },
      vocoder: {
        _class_name: 'LTX2Vocoder',
        ...{ in_channels: 32, hidden_channels: 16, upsample_kernel_sizes: [8, 4], upsample_factors: [4, 2], resnet_kernel_sizes: [3] },
        resnet_dilations: [[1, 3, 5]],
      },
    },
    '2.3': {
      ...both,
      transformer: {
        _class_name: 'LTX2VideoTransformer3DModel',
        ...shared,
        ...width64,
        ...fewHeads,
        ...gates,
        use_prompt_embeddings: false,
      },
      connectors: {
        _class_name: 'LTX2TextConnectors',
        ...connectors,
        ...connectorOf('video', 2, 32),
        ...connectorOf('audio', 2, 32),
        ...{ per_modality_projections: true, video_hidden_dim: 64, audio_hidden_dim: 64, proj_bias: true },
        ...{ video_gated_attn: true, audio_gated_attn: true },
      },
      vocoder: {
        _class_name: 'LTX2VocoderWithBWE',
        ...{ in_channels: 32, hidden_channels: 8, upsample_kernel_sizes: [4], upsample_factors: [2], ...snakes },
        ...{ bwe_in_channels: 24, bwe_hidden_channels: 8, bwe_upsample_kernel_sizes: [12, 8], bwe_upsample_factors: [12, 4] },
        ...{ filter_length: 64, hop_length: 16, window_length: 64, num_mel_channels: 12 },
      },
    },
  };
})();

interface Pass {
  readonly model: ModelGraph;
  /** Inputs that may not be just any numbers. */
  readonly inputs?: Readonly<Record<string, HostTensor['data']>>;
}

/** What of a part is run; all of its weights take part. */
function passesOf(version: Ltx2Version, part: Ltx2Component): Pass[] {
  const config = configs[version][part];
  switch (part) {
    case 'transformer': {
      const positions = { video: { frames: 2, height: 1, width: 2, fps: 24 }, audioFrames: 3 };
      const options = { batch: 1, positions, textLength: LENGTH, masked: false, crossTimestep: version !== '2.0' };
      return [{ model: buildLtx2TransformerGraph(parseLtx2TransformerConfig(config), options) }];
    }
    case 'connectors': {
      const parsed = parseLtx2ConnectorsConfig(config);
      const mask = Float32Array.of(0, 1, 1, 1);
      const { inputs } = ltx2ConnectorRows(parsed, mask, { batch: 1 });
      return [{ model: buildConnectorsGraph(parsed, { batch: 1, length: LENGTH }), inputs: { attention_mask: mask, ...inputs } }];
    }
    case 'vae': {
      const parsed = parseLtx2VaeConfig(config);
      return [
        { model: buildVaeDecoderGraph(parsed, { batch: 1, frames: 1, height: 2, width: 2 }) },
        { model: buildVaeEncoderGraph(parsed, { batch: 1, frames: 1, height: 32, width: 32 }) },
      ];
    }
    case 'audio_vae': {
      const parsed = parseLtx2AudioVaeConfig(config);
      return [
        { model: buildAudioVaeDecoderGraph(parsed, { batch: 1, frames: 2, bins: 4 }) },
        { model: buildAudioVaeEncoderGraph(parsed, { batch: 1, frames: 5, melBins: 16 }) },
      ];
    }
    case 'vocoder':
      return [{ model: buildVocoderGraph(parseLtx2VocoderConfig(config), { batch: 1, channels: 2, frames: 8 }) }];
    case 'text_encoder':
      return [
        {
          model: buildGemma3Graph(parseGemma3Config(config), { batch: 1, length: LENGTH }),
          inputs: { input_ids: Int32Array.of(0, 3, 5, 1), attention_mask: Float32Array.of(0, 1, 1, 1) },
        },
      ];
  }
}

/** One part of a model under the names of its reference class. */
export interface Ltx2Part {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: ReadonlyMap<string, Weight>;
  /** Runs the part on the CPU reference with weights from anywhere. */
  run(read: ParameterReader): Promise<Float32Array>;
}

/** Seed of everything that goes into the parts. */
const INPUT_SEED = 7;

/** The same seed gives the same model on every machine. */
export function randomLtx2(version: Ltx2Version, seed: number): ReadonlyMap<Ltx2Component, Ltx2Part> {
  return new Map(ltx2Components.map((part, stream) => [part, randomPart(version, part, seed, 40 + stream)]));
}

function randomPart(version: Ltx2Version, part: Ltx2Component, seed: number, stream: number): Ltx2Part {
  const passes = passesOf(version, part);
  const shapes = new Map(passes.flatMap(({ model }) => [...parameterShapes(model.graph)]));
  // Statistics of the latents, which the graphs do not read.
  const channels = part === 'vae' ? 8 : 16;
  if (part === 'vae' || part === 'audio_vae') for (const name of ['latents_mean', 'latents_std']) shapes.set(name, [channels]);
  const weights = new Map<string, Weight>();
  let offset = 0;
  for (const [name, shape] of [...shapes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const count = shape.reduce((product, length) => product * length, 1);
    weights.set(name, { shape, values: initialised(name, shape, randomNormal(seed, stream, count, offset)) });
    offset += count;
  }
  return {
    config: configs[version][part],
    weights,
    async run(read) {
      const results: number[] = [];
      for (const { model, inputs = {} } of passes) {
        const given: Record<string, HostTensor['data']> = { ...inputs };
        for (const [name, { shape }] of model.inputs) {
          const count = shape.reduce((product, length) => product * length, 1);
          given[name] ??= randomNormal(INPUT_SEED, Object.keys(given).length, count);
        }
        for (const { data } of (await evaluateGraph(model.graph, given, read)).values()) results.push(...data);
      }
      return Float32Array.from(results);
    },
  };
}
