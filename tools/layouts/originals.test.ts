import { describe, expect, it } from 'vitest';
import { relativeL2 } from '../../src/numeric/testing/relative-l2';
import { openLtxCheckpoint, openLtxModel, type LtxModel } from '../../src/pipelines';
import { blobFileTree, checkParameters, inspectWeights, openWeightSet, type FileTree } from '../../src/weights';
import { randomCheckpoint, type Weight } from './checkpoint';
import {
  originalLayouts,
  originalTransformer,
  originalVaeOf,
  vaeConfig,
  writeMixedFolder,
  writeOriginal,
  type OriginalComponent,
  type OriginalLayout,
} from './originals';

const seed = 3;
const transformer = originalTransformer(seed);
const textEncoder = randomCheckpoint(seed).get('text_encoder');

function treeOf(name: string, files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): FileTree {
  return blobFileTree(name, new Map([...files].map(([path, bytes]) => [path, new Blob([bytes])])));
}

async function open(
  layout: OriginalLayout,
  change: (files: Map<string, Uint8Array<ArrayBuffer>>) => void = () => undefined,
): Promise<LtxModel> {
  const files = writeOriginal(layout, seed);
  change(files);
  return openLtxCheckpoint({ checkpoint: { tree: treeOf(layout.name, files), path: 'checkpoint.safetensors' } }, layout.name);
}

const outputs = new Map<OriginalComponent, Promise<Float32Array>>();
function outputOf(component: OriginalComponent): Promise<Float32Array> {
  const known = outputs.get(component) ?? component.run((name) => component.weights.get(name)?.values ?? new Float32Array());
  outputs.set(component, known);
  return known;
}

const vaes = new Map(originalLayouts.map(({ vae }) => [vae, vae]).map(([version]) => [version, originalVaeOf(version, seed)]));

const shapesOf = (weights: ReadonlyMap<string, Weight>): Map<string, readonly number[]> =>
  new Map([...weights].map(([name, { shape }]) => [name, shape]));

describe('original LTX-Video checkpoints', { timeout: 120_000 }, () => {
  it.each(originalLayouts)('$name opens by itself and computes what was written', async (layout) => {
    const model = await open(layout);
    expect(model.vae).toEqual({ ...vaeConfig(layout.vae), decoder_inject_noise: model.vae.decoder_inject_noise });
    expect(model.transformer).toMatchObject({ num_attention_heads: 2, attention_head_dim: 64, num_layers: 2, caption_channels: 256 });
    expect(model.textEncoder).toMatchObject({
      kind: 't5',
      config: {
        d_model: 256,
        num_layers: 2,
        num_heads: 8,
        d_kv: 32,
        d_ff: 512,
        feed_forward_proj: 'gated-gelu',
      },
    });
    expect(model.traits).toMatchObject({ sizeMultiple: 32, frameMultiple: 8, keyframeTokens: layout.vae === '0.9.5' });
    const vae = vaes.get(layout.vae);
    if (vae === undefined) throw new Error('no VAE');
    for (const [component, { weights, run }, reference] of [
      ['transformer', transformer, await outputOf(transformer)],
      ['vae', vae, await outputOf(vae)],
    ] as const) {
      checkParameters(await model.parameters(component), shapesOf(weights));
      expect(await run(model.reader(component)), component).toEqual(reference);
    }
    checkParameters(await model.parameters('text_encoder'), shapesOf(textEncoder?.weights ?? new Map()));
    expect(Object.keys(await model.fingerprints())).toHaveLength(layout.separate || !layout.encoderInside ? (layout.separate ? 3 : 2) : 1);
    await model.close();
  });

  it('are also read where they lie in a folder of diffusers, as GGUF and under original names', async () => {
    const model = await openLtxModel(treeOf('mixed', writeMixedFolder(seed)), 'mixed');
    const vae = vaes.get('0.9.5');
    if (vae === undefined) throw new Error('no VAE');
    checkParameters(await model.parameters('transformer'), shapesOf(transformer.weights));
    checkParameters(await model.parameters('vae'), shapesOf(vae.weights));
    expect(await vae.run(model.reader('vae'))).toEqual(await outputOf(vae));
    const block = 'transformer_blocks.0.attn1.to_q.weight';
    expect(model.stored('transformer').encoding(block)?.encoding).toBe('q8_0');
    const output = await transformer.run(model.reader('transformer'));
    expect(relativeL2(output, await outputOf(transformer))).toBeLessThan(0.02);
    await model.close();
  });

  it('are recognised by inspection', async () => {
    for (const layout of originalLayouts.filter(({ separate }) => !separate)) {
      const set = await openWeightSet(treeOf(layout.name, writeOriginal(layout, seed)), 'checkpoint.safetensors');
      expect(inspectWeights(set).architectures).toContainEqual({ kind: 'ltx-transformer', naming: 'official' });
      expect(inspectWeights(set).architectures).toContainEqual({ kind: 'ltx-vae', naming: 'official', version: layout.vae });
    }
  });

  const [first] = originalLayouts;
  it.each<[what: string, change: (files: Map<string, Uint8Array<ArrayBuffer>>) => void, message: RegExp]>([
    ['text encoder', (files) => files.delete('text_encoder/model.safetensors'), /no text encoder.*--text-encoder PATH.*t5-v1_1-xxl/],
    ['tokenizer', (files) => files.delete('tokenizer/vocab.json'), /no tokenizer.*spiece\.model/],
    [
      'transformer',
      (files) => files.set('checkpoint.safetensors', files.get('text_encoder/model.safetensors') ?? new Uint8Array()),
      /no LTX-Video transformer.*t5-encoder/,
    ],
  ])('say what is missing: the %s', async (_, change, message) => {
    await expect(open(first, change)).rejects.toThrow(message);
  });

  it('say that the VAE is missing', async () => {
    const separate = originalLayouts.find((layout) => layout.separate) ?? first;
    await expect(open(separate, (files) => files.delete('my-vae.safetensors'))).rejects.toThrow(/no VAE.*--vae FILE.*same release/);
  });

  it('take parts from other places', async () => {
    const [separate, whole] = [originalLayouts.find((layout) => layout.separate) ?? first, first];
    const files = writeOriginal(separate, seed);
    const elsewhere = treeOf('elsewhere', new Map(files));
    const alone = treeOf('alone', new Map([['checkpoint.safetensors', files.get('checkpoint.safetensors') ?? new Uint8Array()]]));
    const model = await openLtxCheckpoint(
      {
        checkpoint: { tree: alone, path: 'checkpoint.safetensors' },
        vae: { tree: elsewhere, path: 'my-vae.safetensors' },
        textEncoder: { tree: elsewhere, path: '' },
      },
      'parts',
    );
    expect(model.vae.latent_channels).toBe(8);
    expect((await model.parameters('text_encoder')).has('shared.weight')).toBe(true);
    await model.close();
    await expect(openLtxModel(treeOf('folder', writeOriginal(whole, seed)), 'folder')).rejects.toThrow(/model_index/);
  });
});
