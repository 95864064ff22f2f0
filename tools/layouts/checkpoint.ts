/** A random LTX-Video checkpoint, small enough to run on the CPU and wide enough for blocks of 256 weights. */
import { evaluateGraph, type HostTensor, type ParameterReader } from '../../src/graph';
import {
  buildTextEncoderGraph,
  buildTransformerGraph,
  buildVaeDecoderGraph,
  buildVaeEncoderGraph,
  decodeTimestepInput,
  decodeTimestepScaleName,
  parameterShapes,
  parseLtxTransformerConfig,
  parseLtxVaeConfig,
  parseTextEncoderConfig,
  timestepInput,
  type ModelGraph,
} from '../../src/models';
import { randomNormal } from '../../src/numeric/random';

export const componentNames = ['transformer', 'vae', 'text_encoder'] as const;
export type ComponentName = (typeof componentNames)[number];

export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** One model of the checkpoint under the names of its reference class. */
export interface Component {
  readonly name: ComponentName;
  /** What config.json holds. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: ReadonlyMap<string, Weight>;
  /** Runs the model on the CPU reference with weights from anywhere, on inputs that are always the same. */
  run(read: ParameterReader): Promise<Float32Array>;
}

/** Sizes of the reference cases, but 256 channels wide. */
const configs = {
  transformer: {
    _class_name: 'LTXVideoTransformer3DModel',
    in_channels: 8,
    out_channels: 8,
    num_attention_heads: 4,
    attention_head_dim: 64,
    cross_attention_dim: 256,
    num_layers: 1,
    caption_channels: 256,
  },
  vae: {
    _class_name: 'AutoencoderKLLTXVideo',
    latent_channels: 8,
    block_out_channels: [4, 8, 16, 16, 16],
    down_block_types: ['LTXVideo095DownBlock3D', 'LTXVideo095DownBlock3D', 'LTXVideo095DownBlock3D', 'LTXVideo095DownBlock3D'],
    decoder_block_out_channels: [8, 16, 32],
    layers_per_block: [1, 1, 1, 1, 1],
    decoder_layers_per_block: [1, 1, 1, 1],
    spatio_temporal_scaling: [true, true, true, true],
    decoder_spatio_temporal_scaling: [true, true, true],
    decoder_inject_noise: [false, false, false, false],
    downsample_type: ['spatial', 'temporal', 'spatiotemporal', 'spatiotemporal'],
    upsample_residual: [true, true, true],
    upsample_factor: [2, 2, 2],
    timestep_conditioning: true,
    spatial_compression_ratio: 32,
    temporal_compression_ratio: 8,
  },
  text_encoder: {
    model_type: 't5',
    architectures: ['T5EncoderModel'],
    vocab_size: 96,
    d_model: 256,
    d_kv: 32,
    d_ff: 512,
    num_layers: 2,
    num_heads: 8,
    relative_attention_num_buckets: 32,
    relative_attention_max_distance: 128,
    feed_forward_proj: 'gated-gelu',
  },
} as const;

/** The same seed gives the same checkpoint on every machine. */
export function randomCheckpoint(seed: number): ReadonlyMap<ComponentName, Component> {
  return new Map(componentNames.map((name, stream) => [name, component(name, seed, stream)]));
}

function component(name: ComponentName, seed: number, stream: number): Component {
  const passes = passesOf(name);
  const shapes = new Map(passes.flatMap(({ graph }) => [...parameterShapes(graph)]));
  if (name === 'vae') {
    // What the graphs do not read: statistics of the latents and the scale of the decode timestep.
    for (const statistic of ['latents_mean', 'latents_std']) shapes.set(statistic, [configs.vae.latent_channels]);
    shapes.set(decodeTimestepScaleName, []);
  }
  const weights = new Map<string, Weight>();
  let offset = 0;
  for (const [weight, shape] of [...shapes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const count = shape.reduce((product, length) => product * length, 1);
    weights.set(weight, { shape, values: initialised(weight, shape, randomNormal(seed, stream, count, offset)) });
    offset += count;
  }
  return {
    name,
    config: configs[name],
    weights,
    async run(read) {
      const parts: Float32Array[] = [];
      for (const { graph, inputs } of passes) {
        for (const { data } of (await evaluateGraph(graph, inputs, read)).values()) parts.push(Float32Array.from(data));
      }
      return Float32Array.from(parts.flatMap((part) => [...part]));
    },
  };
}

/** Magnitudes as trained models have them: what comes out of a layer is about as large as what went in. */
export function initialised(name: string, shape: readonly number[], normal: Float32Array): Float32Array<ArrayBuffer> {
  if (name === decodeTimestepScaleName) return Float32Array.of(1000);
  if (name === 'latents_std') return Float32Array.from(normal, (value) => 1 + 0.1 * Math.abs(value));
  if (shape.length < 2) {
    const isNorm = name.endsWith('.weight');
    return Float32Array.from(normal, (value) => (isNorm ? 1 : 0) + 0.1 * value);
  }
  // T5 does not divide the scores by the root of the head's width: its queries are made smaller from the start.
  const divisor = name.endsWith('SelfAttention.q.weight') ? configs.text_encoder.d_kv : 1;
  const fanIn = (normal.length / shape[0]) * divisor;
  return Float32Array.from(normal, (value) => value / Math.sqrt(fanIn));
}

interface Pass {
  readonly graph: ModelGraph['graph'];
  readonly inputs: Readonly<Record<string, HostTensor['data']>>;
}

/** Seed of everything that goes into the models. */
const inputSeed = 7;

function passesOf(name: ComponentName): Pass[] {
  switch (name) {
    case 'transformer': {
      const config = parseLtxTransformerConfig(configs.transformer);
      const { graph } = buildTransformerGraph(config, {
        batch: 1,
        positions: { frames: 2, height: 1, width: 2 },
        textLength: 3,
        masked: false,
      });
      return [
        {
          graph,
          inputs: {
            hidden_states: randomNormal(inputSeed, 0, 4 * 8),
            encoder_hidden_states: randomNormal(inputSeed, 1, 3 * 256),
            timestep_sinusoid: timestepInput(Float32Array.of(500)),
          },
        },
      ];
    }
    case 'vae': {
      const config = parseLtxVaeConfig(configs.vae);
      const decoder = buildVaeDecoderGraph(config, { batch: 1, frames: 1, height: 1, width: 1 });
      const encoder = buildVaeEncoderGraph(config, { batch: 1, frames: 1, height: 32, width: 32 });
      return [
        {
          graph: decoder.graph,
          inputs: { latents: randomNormal(inputSeed, 2, 8), timestep_sinusoid: decodeTimestepInput(Float32Array.of(0.05), 1000) },
        },
        { graph: encoder.graph, inputs: { video: randomNormal(inputSeed, 3, 3 * 32 * 32) } },
      ];
    }
    case 'text_encoder': {
      const config = parseTextEncoderConfig(configs.text_encoder);
      const { graph } = buildTextEncoderGraph(config, { batch: 1, length: 6, masked: false });
      return [{ graph, inputs: { input_ids: Int32Array.of(3, 17, 90, 41, 5, 1) } }];
    }
  }
}
