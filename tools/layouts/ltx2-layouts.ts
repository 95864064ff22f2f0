/**
 * Random LTX-2 models in the layouts that people have: official single files (also with scaled fp8 weights), a GGUF transformer with one
 * file a part beside it, folders of diffusers. Official names are written down here and not taken from the rules that read them.
 */
import { encodings, type EncodedTensor } from '../../src/numeric/quantized';
import { ltx2Components, type Ltx2Component } from '../../src/pipelines';
import { ggufOfEncoded, safetensorsOfEncoded, writeGguf, writeSafetensors, type TensorToWrite } from '../../src/weights';
import { randomLtx2, ltx2Versions, type Ltx2Part, type Ltx2Version } from './ltx2-checkpoint';
import { originalVaeName } from './originals';

type Kind = 'single' | 'single-fp8' | 'gguf' | 'folder';

export interface Ltx2Layout {
  readonly name: string;
  readonly version: Ltx2Version;
  readonly kind: Kind;
  /** What is opened: a path among the files; '' is the folder. */
  readonly entry: string;
  /** The weights as the files keep them. */
  encode(part: Ltx2Component, weights: Ltx2Part['weights']): Map<string, EncodedTensor>;
  /** The files, by path. */
  write(seed: number): Map<string, Uint8Array<ArrayBuffer>>;
}

const norms = (name: string): string => name.replace(/\.norm_(q|k)\./, '.$1_norm.');

/** Official names without the prefix of a single file. */
const officialNames: Readonly<Record<Exclude<Ltx2Component, 'text_encoder'>, (name: string) => string>> = {
  transformer: (name) =>
    norms(name)
      .replace(/^(audio_)?proj_in\./, '$1patchify_proj.')
      .replace(/^(audio_)?time_embed\./, '$1adaln_single.')
      .replace(/^(audio_)?prompt_adaln\./, '$1prompt_adaln_single.')
      .replace(/^av_cross_attn_(video|audio)_scale_shift\./, 'av_ca_$1_scale_shift_adaln_single.')
      .replace(/^av_cross_attn_(?:video|audio)_(a2v|v2a)_gate\./, 'av_ca_$1_gate_adaln_single.')
      .replace(/\.(video|audio)_a2v_cross_attn_scale_shift_table$/, '.scale_shift_table_a2v_ca_$1'),
  connectors: (name) =>
    norms(name)
      .replace(/^text_proj_in\./, 'text_embedding_projection.aggregate_embed.')
      .replace(/^(video|audio)_text_proj_in\./, 'text_embedding_projection.$1_aggregate_embed.')
      .replace('_connector.', '_embeddings_connector.')
      .replace('transformer_blocks', 'transformer_1d_blocks'),
  vae: (name) => originalVaeName(name, '2.0'),
  audio_vae: (name) =>
    name.replace('latents_mean', 'per_channel_statistics.mean-of-means').replace('latents_std', 'per_channel_statistics.std-of-means'),
  vocoder: (name) =>
    name
      .replace('upsamplers', 'ups')
      .replace('resnets', 'resblocks')
      .replace('conv_in', 'conv_pre')
      .replace('conv_out', 'conv_post')
      .replace('act_out', 'act_post')
      .replace('downsample.', 'downsample.lowpass.'),
};

/** Where a part's names lie in a single file. */
const singleName: typeof officialNames = {
  transformer: (name) => `model.diffusion_model.${officialNames.transformer(name)}`,
  connectors: (name) =>
    name.includes('text_proj_in') ? officialNames.connectors(name) : `model.diffusion_model.${officialNames.connectors(name)}`,
  vae: (name) => `vae.${officialNames.vae(name)}`,
  audio_vae: (name) => `audio_vae.${officialNames.audio_vae(name)}`,
  vocoder: (name) => `vocoder.${officialNames.vocoder(name)}`,
};

/** What the `config` of an official file says. */
function originalConfig(version: Ltx2Version, model: ReadonlyMap<Ltx2Component, Ltx2Part>): Record<string, Record<string, unknown>> {
  const of = (part: Ltx2Component): Readonly<Record<string, unknown>> => model.get(part)?.config ?? {};
  const [transformer, connectors, audio, vocoder] = [of('transformer'), of('connectors'), of('audio_vae'), of('vocoder')];
  const generator = (prefix: string) => ({
    upsample_initial_channel: vocoder[`${prefix}hidden_channels`],
    upsample_rates: vocoder[`${prefix}upsample_factors`],
    upsample_kernel_sizes: vocoder[`${prefix}upsample_kernel_sizes`],
    resblock_kernel_sizes: vocoder[`${prefix}resnet_kernel_sizes`],
    resblock_dilation_sizes: vocoder[`${prefix}resnet_dilations`],
  });
  const snake = { resblock: 'AMP1', activation: 'snakebeta', apply_final_activation: false, use_bias_at_final: false };
  return {
    transformer: {
      ...Object.fromEntries(
        ['in_channels', 'out_channels', 'num_layers', 'caption_channels', 'rope_type'].map((field) => [field, transformer[field]]),
      ),
      ...Object.fromEntries(
        ['', 'audio_'].flatMap((prefix) =>
          ['num_attention_heads', 'attention_head_dim', 'cross_attention_dim'].map((field) => [
            `${prefix}${field}`,
            transformer[`${prefix}${field}`],
          ]),
        ),
      ),
      audio_out_channels: transformer.audio_out_channels,
      frequencies_precision: 'float64',
      connector_num_attention_heads: connectors.video_connector_num_attention_heads,
      connector_attention_head_dim: connectors.video_connector_attention_head_dim,
      ...(version === '2.0' ? {} : { apply_gated_attention: true, cross_attention_adaln: true, caption_proj_before_connector: true }),
    },
    audio_vae: {
      model: {
        params: {
          ddconfig: {
            ...{ ch: audio.base_channels, ch_mult: audio.ch_mult, num_res_blocks: audio.num_res_blocks, z_channels: audio.latent_channels },
            ...{ mel_bins: audio.mel_bins, norm_type: audio.norm_type, causality_axis: audio.causality_axis },
          },
        },
      },
    },
    vocoder:
      version === '2.0'
        ? generator('')
        : {
            vocoder: { ...generator(''), ...snake },
            bwe: {
              ...{ ...generator('bwe_'), ...snake },
              ...{ n_fft: vocoder.filter_length, win_size: vocoder.window_length, hop_length: vocoder.hop_length },
              ...{ num_mels: vocoder.num_mel_channels, input_sampling_rate: 16_000, output_sampling_rate: 48_000 },
            },
          },
  };
}

/** Dense layers of the transformer's blocks, which is what fp8 and GGUF files encode. */
const isEncoded = (part: Ltx2Component, name: string, shape: readonly number[]): boolean =>
  part === 'transformer' && shape.length === 2 && /^transformer_blocks\..*\.weight$/.test(name);

function encode(kind: Kind, part: Ltx2Component, weights: Ltx2Part['weights']): Map<string, EncodedTensor> {
  const encoding = kind === 'gguf' ? 'q8_0' : kind === 'single-fp8' ? 'fp8_e4m3' : 'f32';
  return new Map(
    [...weights].map(([name, { shape, values }]) => {
      const chosen = isEncoded(part, name, shape) ? encoding : 'f32';
      const options = chosen === 'fp8_e4m3' ? { scaling: 'tensor' as const } : {};
      const rowLength = chosen === 'q8_0' ? shape[shape.length - 1] : Math.max(1, values.length / (shape[0] ?? 1));
      return [name, { encoding: chosen, shape, ...encodings[chosen].encode(values, rowLength, options) }];
    }),
  );
}

type Files = Map<string, Uint8Array<ArrayBuffer>>;
type OfficialPart = keyof typeof officialNames;
const officialParts = ltx2Components.filter((part): part is OfficialPart => part !== 'text_encoder');

function writeLayout(version: Ltx2Version, kind: Kind, seed: number): Files {
  const model = randomLtx2(version, seed);
  const encoded = new Map([...model].map(([part, { weights }]) => [part, encode(kind, part, weights)]));
  const tensorsOf = (part: Ltx2Component, nameOf: (name: string) => string): Map<string, TensorToWrite> =>
    new Map([...(encoded.get(part) ?? [])].flatMap(([name, tensor]) => [...safetensorsOfEncoded(nameOf(name), tensor)]));
  const metadata = { config: JSON.stringify(originalConfig(version, model)) };
  const files: Files = new Map();
  const json = (path: string, value: unknown): void => void files.set(path, new TextEncoder().encode(JSON.stringify(value)));
  if (kind === 'single' || kind === 'single-fp8') {
    const tensors = new Map(officialParts.flatMap((part) => [...tensorsOf(part, singleName[part])]));
    files.set('ltx-2.safetensors', writeSafetensors(tensors, metadata));
  } else if (kind === 'gguf') {
    const tensors = new Map(
      [...(encoded.get('transformer') ?? [])].map(([name, tensor]) => [officialNames.transformer(name), ggufOfEncoded(name, tensor)]),
    );
    files.set('ltx-2-Q8_0.gguf', writeGguf(tensors, { architecture: 'ltxv', values: new Map() }));
    files.set('vae/video_vae.safetensors', writeSafetensors(tensorsOf('vae', officialNames.vae), metadata));
    const sound = new Map([...tensorsOf('audio_vae', singleName.audio_vae), ...tensorsOf('vocoder', singleName.vocoder)]);
    files.set('vae/audio_vae.safetensors', writeSafetensors(sound, metadata));
    files.set('text_encoders/connectors.safetensors', writeSafetensors(tensorsOf('connectors', officialNames.connectors)));
  } else {
    for (const part of officialParts) {
      json(`${part}/config.json`, model.get(part)?.config);
      files.set(`${part}/diffusion_pytorch_model.safetensors`, writeSafetensors(tensorsOf(part, (name) => name)));
    }
    const scheduler = ['diffusers', 'FlowMatchEulerDiscreteScheduler'];
    json('model_index.json', { _class_name: 'LTX2Pipeline', scheduler });
    json('scheduler/scheduler_config.json', { use_dynamic_shifting: true, shift_terminal: 0.1 });
  }
  json('text_encoder/config.json', model.get('text_encoder')?.config);
  files.set('text_encoder/model.safetensors', writeSafetensors(tensorsOf('text_encoder', (name) => `model.${name}`)));
  json('tokenizer/vocab.json', ['<pad>', '</s>', '<unk>', 'a']);
  json('tokenizer/tokenizer_config.json', { model_max_length: 16 });
  return files;
}

const ENTRIES: Readonly<Record<Kind, string>> = {
  single: 'ltx-2.safetensors',
  'single-fp8': 'ltx-2.safetensors',
  gguf: 'ltx-2-Q8_0.gguf',
  folder: '',
};

export const ltx2Layouts: readonly Ltx2Layout[] = ltx2Versions.flatMap((version) =>
  (['single', 'single-fp8', 'gguf', 'folder'] as const).map((kind) => ({
    name: `ltx2-${version}-${kind}`,
    version,
    kind,
    entry: ENTRIES[kind],
    encode: (part, weights) => encode(kind, part, weights),
    write: (seed) => writeLayout(version, kind, seed),
  })),
);
