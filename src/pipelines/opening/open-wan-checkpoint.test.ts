import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { buildTextEncoderGraph, parameterShapes, parseTextEncoderConfig } from '../../models';
import { readModelCase } from '../../models/testing/golden';
import { umt5Config, umt5Layouts, umt5Pieces } from '../../../tools/layouts/umt5-layouts';
import { dequantize } from '../../numeric/quantized';
import { randomNormal } from '../../numeric/random';
import { blobFileTree, bytesOf, writeGguf, writeSafetensors, type FileTree, type TensorToWrite } from '../../weights';
import { officialWanName } from '../../weights/testing';
import { openCheckpoint } from './open-checkpoint';
import type { WanModel } from './wan-model';

const json = (value: unknown): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(value));
const f32 = (shape: readonly number[], values: Float32Array): TensorToWrite => ({
  dtype: 'F32',
  shape: [...shape],
  bytes: bytesOf(values),
});

/** UMT5 of transformers' names in the official release. */
function officialUmt5(name: string): string {
  return name
    .replace('shared.', 'token_embedding.')
    .replace('encoder.final_layer_norm.', 'norm.')
    .replace('encoder.block.', 'blocks.')
    .replace('layer.0.SelfAttention.relative_attention_bias.', 'pos_embedding.embedding.')
    .replace('layer.0.SelfAttention.', 'attn.')
    .replace('layer.0.layer_norm.', 'norm1.')
    .replace('layer.1.layer_norm.', 'norm2.')
    .replace('layer.1.DenseReluDense.wi_0.', 'ffn.gate.0.')
    .replace('layer.1.DenseReluDense.wi_1.', 'ffn.fc1.')
    .replace('layer.1.DenseReluDense.wo.', 'ffn.fc2.');
}

async function tensorsOf(name: string, component = 'model'): Promise<Map<string, TensorToWrite>> {
  const weights = await readModelCase(name).golden.openWeights(component);
  const all = new Map<string, TensorToWrite>();
  for (const tensor of weights.names) all.set(tensor, f32(weights.shape(tensor), await weights.read(tensor)));
  return all;
}

const renamed = (tensors: ReadonlyMap<string, TensorToWrite>, rename: (name: string) => string): Map<string, TensorToWrite> =>
  new Map([...tensors].map(([name, tensor]) => [rename(name), tensor]));

const umt5 = { model_type: 'umt5', vocab_size: 16, d_model: 24, d_kv: 8, d_ff: 32, num_layers: 2, num_heads: 2 };
function umt5Tensors(): Map<string, TensorToWrite> {
  const { graph } = buildTextEncoderGraph(parseTextEncoderConfig(umt5), { batch: 1, length: 4, masked: true });
  return new Map(
    [...parameterShapes(graph)].map(([name, shape], k) => [
      name,
      f32(
        shape,
        randomNormal(
          1,
          k,
          shape.reduce((a, b) => a * b, 1),
        ),
      ),
    ]),
  );
}

const configOf = (name: string, component?: string): unknown => {
  const { config } = readModelCase(name).golden;
  return component === undefined ? config : z.record(z.string(), z.unknown()).parse(config)[component];
};

/** A folder of files, of which the transformer is what is opened. */
interface TransformerFile {
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly config: unknown;
}

async function treeOf(transformer: TransformerFile, more = {}): Promise<FileTree> {
  return treeOfFiles(await filesOf(transformer, more));
}

function treeOfFiles(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): FileTree {
  return blobFileTree('model', new Map(Object.entries(files).map(([path, bytes]) => [path, new Blob([bytes])])));
}

async function filesOf(transformer: TransformerFile, more = {}): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  return {
    [transformer.file]: transformer.bytes,
    'config.json': json(transformer.config),
    'vae/model.safetensors': writeSafetensors(await tensorsOf('wan_vae')),
    'vae/config.json': json(configOf('wan_vae')),
    'umt5-xxl.safetensors': writeSafetensors(renamed(umt5Tensors(), officialUmt5)),
    'google/umt5-xxl/tokenizer_config.json': json({ model_max_length: 512 }),
    'google/umt5-xxl/vocab.json': json(['<pad>', '</s>', '<unk>', 'a', 'ball']),
    ...more,
  };
}

async function open(tree: FileTree, path: string): Promise<WanModel> {
  const model = await openCheckpoint({ checkpoint: { tree, path } }, 'model');
  if (model.family !== 'wan') throw new Error(model.family);
  return model;
}

async function expectWeights(
  model: WanModel,
  component: Parameters<WanModel['parameters']>[0],
  expected: ReadonlyMap<string, TensorToWrite>,
) {
  const source = await model.parameters(component);
  for (const [name, tensor] of expected) {
    expect([name, source.shape(name)]).toEqual([name, tensor.shape]);
    expect(bytesOf(await source.load(name))).toEqual(tensor.bytes);
  }
}

describe('a Wan checkpoint and its parts beside it', () => {
  test.each([
    ['official names, safetensors', 'model.safetensors', true],
    ['official names, GGUF', 'model.gguf', true],
    ['names of diffusers', 'model.safetensors', false],
  ])('text to video, %s', async (_, file, official) => {
    const tensors = await tensorsOf('wan_transformer');
    const named = official ? renamed(tensors, (name) => officialWanName('transformer_t2v', name)) : tensors;
    const bytes = file.endsWith('.gguf')
      ? writeGguf(new Map([...named].map(([name, { shape, bytes: own }]) => [name, { dtype: 'F32', shape, bytes: own }] as const)), {
          architecture: 'wan',
        })
      : writeSafetensors(named);
    // The official config.json says the number of heads, which tensors do not tell.
    const config = official ? { model_type: 't2v', num_heads: 2 } : configOf('wan_transformer');
    const model = await open(await treeOf({ file, bytes, config }), file);
    expect(model.transformer).toEqual({ ...model.transformer, num_attention_heads: 2, attention_head_dim: 20, num_layers: 2, ffn_dim: 96 });
    expect(model.textEncoder).toMatchObject({ kind: 't5', config: umt5 });
    expect(model.traits.pipelines).toEqual(['text-to-video', 'video-to-video']);
    expect(model.traits.shift).toEqual({ usual: 3, large: { pixels: 1280 * 720, shift: 5 } });
    await expectWeights(model, 'transformer', tensors);
    await expectWeights(model, 'text_encoder', umt5Tensors());
    await model.close();
  });

  test.each(umt5Layouts)('UMT5 with its tokenizer inside, as $name', async ({ write, encode }) => {
    const bytes = writeSafetensors(await tensorsOf('wan_transformer'));
    const encoder = Object.fromEntries([...write(4)].map(([path, content]) => [`text_encoders/${path}`, content]));
    const own = { file: 'model.safetensors', bytes, config: configOf('wan_transformer') };
    const { 'umt5-xxl.safetensors': _, 'google/umt5-xxl/vocab.json': __, ...rest } = await filesOf(own, encoder);
    const model = await open(treeOfFiles(rest), 'model.safetensors');
    const { textEncoder } = model;
    if (textEncoder.kind !== 't5') throw new Error(textEncoder.kind);
    expect(textEncoder.config).toMatchObject(umt5Config);
    const source = await model.parameters('text_encoder');
    for (const [name, encoded] of encode(4)) expect([name, await source.load(name)]).toEqual([name, dequantize(encoded)]);
    const idOf = (text: string): number => umt5Pieces.findIndex(([piece]) => piece === text);
    expect(textEncoder.tokenizer.encode('a ball é')).toEqual(['▁a', '▁ball', '▁', '<0xC3>', '<0xA9>'].map(idOf));
    await model.close();
  });

  test('image to video, with an image encoder in the layout of the official one', async () => {
    const tensors = await tensorsOf('models/wan_pipeline_i2v', 'transformer');
    const bytes = writeSafetensors(renamed(tensors, (name) => officialWanName('transformer_i2v', name)));
    const clip = await tensorsOf('models/clip_vision');
    const prefixed = writeSafetensors(renamed(clip, (name) => `vision_model.${name}`));
    const config = { model_type: 'i2v', num_heads: 2 };
    const encoder = { 'clip_vision/clip.safetensors': prefixed, 'clip_vision/config.json': json(configOf('models/clip_vision')) };
    const file = 'model.safetensors';
    const model = await open(await treeOf({ file, bytes, config }, encoder), file);
    expect(model.traits.pipelines).toEqual(['image-to-video']);
    await expectWeights(model, 'transformer', tensors);
    await expectWeights(model, 'image_encoder', clip);
    await model.close();

    const without = await treeOf({ file, bytes, config }, { 'models_clip_open-clip-vit-huge-14.pth': json(0) });
    await expect(open(without, file)).rejects.toThrow(/no image encoder.*a pickle.*clip_vision_h/s);
  });
});
