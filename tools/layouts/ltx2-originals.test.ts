import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { goldenFolder, readGoldenTensors } from '../../src/golden/testing';
import { buildGemma3Graph, parameterShapes, parseGemma3Config } from '../../src/models';
import { openLtx2Checkpoint, openLtx2Model } from '../../src/pipelines';
import { blobFileTree, bytesOf, inspectWeights, openWeightSet, writeSafetensors, type TensorToWrite } from '../../src/weights';
import { originalVaeName } from './originals';

/** An official single file of 2.0 made of the reference cases' weights; names are written down here and not taken from the rules. */
function singleFile(): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, TensorToWrite>();
  const add = (golden: string, nameOf: (name: string) => string): void => {
    for (const [name, { shape, data }] of readGoldenTensors(goldenFolder(golden), 'weights.safetensors')) {
      tensors.set(nameOf(name), { dtype: 'F32', shape, bytes: bytesOf(Float32Array.from(data, Number)) });
    }
  };
  const norms = (name: string): string => name.replace(/\.norm_(q|k)\./, '.$1_norm.');
  add('ltx2_transformer_20', (name) => {
    const official = norms(name)
      .replace(/^(audio_)?proj_in\./, '$1patchify_proj.')
      .replace(/^(audio_)?time_embed\./, '$1adaln_single.')
      .replace(/^av_cross_attn_(video|audio)_scale_shift\./, 'av_ca_$1_scale_shift_adaln_single.')
      .replace(/^av_cross_attn_(?:video|audio)_(a2v|v2a)_gate\./, 'av_ca_$1_gate_adaln_single.')
      .replace(/\.(video|audio)_a2v_cross_attn_scale_shift_table$/, '.scale_shift_table_a2v_ca_$1');
    return `model.diffusion_model.${official}`;
  });
  add('ltx2_connectors_20', (name) =>
    name === 'text_proj_in.weight'
      ? 'text_embedding_projection.aggregate_embed.weight'
      : `model.diffusion_model.${norms(name).replace('_connector.', '_embeddings_connector.').replace('transformer_blocks', 'transformer_1d_blocks')}`,
  );
  add('ltx2_vae', (name) => `vae.${originalVaeName(name, '2.0')}`);
  add(
    'ltx2_audio_vae',
    (name) =>
      `audio_vae.${name.replace('latents_mean', 'per_channel_statistics.mean-of-means').replace('latents_std', 'per_channel_statistics.std-of-means')}`,
  );
  add(
    'ltx2_vocoder',
    (name) =>
      `vocoder.${name.replace('upsamplers', 'ups').replace('resnets', 'resblocks').replace('conv_in', 'conv_pre').replace('conv_out', 'conv_post')}`,
  );
  const heads = { num_attention_heads: 2, attention_head_dim: 24, cross_attention_dim: 48, num_layers: 2, caption_channels: 24 };
  const audio = { audio_num_attention_heads: 2, audio_attention_head_dim: 12, audio_cross_attention_dim: 24, audio_out_channels: 16 };
  const connectors = { connector_num_attention_heads: 2, connector_attention_head_dim: 12, connector_positional_embedding_max_pos: [64] };
  const transformer = {
    ...heads,
    ...audio,
    ...connectors,
    in_channels: 8,
    out_channels: 8,
    rope_type: 'split',
    frequencies_precision: 'float64',
  };
  const ddconfig = {
    ch: 16,
    ch_mult: [1, 1, 2],
    num_res_blocks: 1,
    z_channels: 4,
    mel_bins: 16,
    norm_type: 'pixel',
    causality_axis: 'height',
  };
  const vocoder = {
    upsample_initial_channel: 32,
    upsample_rates: [4, 2],
    upsample_kernel_sizes: [8, 4],
    resblock_kernel_sizes: [3, 7],
    resblock_dilation_sizes: [
      [1, 3, 5],
      [1, 3, 5],
    ],
  };
  return writeSafetensors(tensors, { config: JSON.stringify({ transformer, audio_vae: { model: { params: { ddconfig } } }, vocoder }) });
}

const gemma = {
  ...{ hidden_size: 24, num_hidden_layers: 3, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 12 },
  ...{ vocab_size: 9, intermediate_size: 8 },
};

/** Gemma 3 and its tokenizer as transformers saves them, by path. */
function gemmaFiles(): [string, Blob][] {
  const { graph } = buildGemma3Graph(parseGemma3Config(gemma), { batch: 1, length: 4, states: 'all' });
  const weights = [...parameterShapes(graph)].map(([name, shape]): [string, TensorToWrite] => [
    `model.${name}`,
    { dtype: 'F32', shape, bytes: bytesOf(new Float32Array(shape.reduce((product, size) => product * size, 1))) },
  ]);
  return [
    ['text_encoder/model.safetensors', new Blob([writeSafetensors(new Map(weights))])],
    ['text_encoder/config.json', encode(gemma)],
    ['tokenizer/vocab.json', encode(['<pad>', '</s>', '<unk>', 'a'])],
    ['tokenizer/tokenizer_config.json', encode({ model_max_length: 16 })],
  ];
}

const encode = (value: unknown): Blob => new Blob([JSON.stringify(value)]);

test('an official single file of LTX-2 with Gemma 3 beside it opens by itself', { timeout: 60_000 }, async () => {
  const tree = blobFileTree('ltx2', new Map([['ltx-2-19b-distilled.safetensors', new Blob([singleFile()])], ...gemmaFiles()]));
  const model = await openLtx2Checkpoint({ checkpoint: { tree, path: 'ltx-2-19b-distilled.safetensors' } }, 'ltx2');
  expect(model.release).toEqual({ version: '2.0', distilled: true });
  expect(model.transformer).toMatchObject({ num_layers: 2, num_attention_heads: 2, caption_channels: 24, use_prompt_embeddings: true });
  expect(model.connectors).toMatchObject({ text_proj_in_factor: 4, video_connector_num_layers: 1, per_modality_projections: false });
  expect(model.vae).toMatchObject({ latent_channels: 8, decoder_spatial_padding_mode: 'reflect', decoder_causal: false });
  for (const [component, golden] of [
    ['transformer', 'ltx2_transformer_20'],
    ['connectors', 'ltx2_connectors_20'],
    ['vae', 'ltx2_vae'],
    ['audio_vae', 'ltx2_audio_vae'],
    ['vocoder', 'ltx2_vocoder'],
  ] as const) {
    const source = await model.parameters(component);
    const expected = readGoldenTensors(goldenFolder(golden), 'weights.safetensors');
    expect([...source.names()].sort(), component).toEqual([...expected.keys()].sort());
    const [[name, { data }]] = expected;
    expect(await source.load(name)).toEqual(data);
  }
  await model.close();
  const set = await openWeightSet(tree, 'ltx-2-19b-distilled.safetensors');
  const kinds = inspectWeights(set).architectures.map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(['ltx-vae', 'ltx2-audio-vae', 'ltx2-connectors', 'ltx2-transformer', 'ltx2-vocoder']);
  await set.close();
});

test('a folder of diffusers opens with every part under its own names', { timeout: 60_000 }, async () => {
  const parts = {
    transformer: 'ltx2_transformer_20',
    connectors: 'ltx2_connectors_20',
    vae: 'ltx2_vae',
    audio_vae: 'ltx2_audio_vae',
    vocoder: 'ltx2_vocoder',
  } as const;
  const read = (golden: string, file: string): Blob => new Blob([readFileSync(new URL(file, goldenFolder(golden)))]);
  const files = Object.entries(parts).flatMap(([part, golden]): [string, Blob][] => [
    [`${part}/config.json`, read(golden, 'config.json')],
    [`${part}/diffusion_pytorch_model.safetensors`, read(golden, 'weights.safetensors')],
  ]);
  const tree = blobFileTree(
    'ltx2',
    new Map([
      ['model_index.json', encode({ _class_name: 'LTX2Pipeline', scheduler: ['diffusers', 'FlowMatchEulerDiscreteScheduler'] })],
      ['scheduler/scheduler_config.json', encode({ use_dynamic_shifting: true, shift_terminal: 0.1 })],
      ...files,
      ...gemmaFiles(),
    ]),
  );
  const model = await openLtx2Model(tree, 'ltx2');
  expect(model.release).toEqual({ version: '2.0', distilled: false });
  expect(model.traits).toMatchObject({ sizeMultiple: 32, frameMultiple: 8, defaults: { steps: 40 } });
  for (const part of ['transformer', 'connectors', 'vae', 'audio_vae', 'vocoder'] as const) {
    const names = readGoldenTensors(goldenFolder(parts[part]), 'weights.safetensors').keys();
    expect([...(await model.parameters(part)).names()].sort(), part).toEqual([...names].sort());
  }
  expect((await model.parameters('text_encoder')).has('embed_tokens.weight')).toBe(true);
  await model.close();
});
