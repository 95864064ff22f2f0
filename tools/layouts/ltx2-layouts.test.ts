import { describe, expect, it } from 'vitest';
import { dequantize } from '../../src/numeric/quantized';
import {
  lorasOfStage,
  ltx2Components,
  openCheckpoint,
  openLora,
  openLtx2Model,
  withLoras,
  type Ltx2Component,
  type Ltx2Model,
} from '../../src/pipelines';
import {
  blobFileTree,
  bytesOf,
  checkParameters,
  inspectWeights,
  openWeightSet,
  writeSafetensors,
  type FileTree,
  type TensorToWrite,
} from '../../src/weights';
import { ltx2Versions, randomLtx2, type Ltx2Part, type Ltx2Version } from './ltx2-checkpoint';
import { ltx2Layouts, type Ltx2Layout } from './ltx2-layouts';

const seed = 5;
const models = new Map(ltx2Versions.map((version) => [version, randomLtx2(version, seed)]));

function partOf(version: Ltx2Version, part: Ltx2Component): Ltx2Part {
  const found = models.get(version)?.get(part);
  if (found === undefined) throw new Error(`no ${part} of ${version}`);
  return found;
}

const treeOf = (name: string, files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): FileTree =>
  blobFileTree(name, new Map([...files].map(([path, bytes]) => [path, new Blob([bytes])])));

async function open({ name, entry, write }: Ltx2Layout, change: (files: Map<string, Uint8Array<ArrayBuffer>>) => void = () => undefined) {
  const files = write(seed);
  change(files);
  const tree = treeOf(name, files);
  const model = entry === '' ? await openLtx2Model(tree, name) : await openCheckpoint({ checkpoint: { tree, path: entry } }, name);
  if (!('connectors' in model)) throw new Error('another family was opened');
  return model;
}

/** Outputs by what they were computed of: whole parts are the same in many layouts. */
const outputs = new Map<string, Promise<Float32Array>>();

/** Configurations by version. */
const known = new Map<Ltx2Version, unknown>();

describe('layouts of LTX-2', { timeout: 60_000 }, () => {
  it.each(ltx2Layouts)('$name opens by itself and computes what was written', async (layout) => {
    const { version, kind } = layout;
    const model: Ltx2Model = await open(layout);
    expect(model.release).toEqual({ version, distilled: false });
    for (const part of ltx2Components) {
      const { weights, run } = partOf(version, part);
      const source = await model.parameters(part);
      checkParameters(source, new Map([...weights].map(([name, { shape }]) => [name, shape])));
      const written = layout.encode(part, weights);
      const encoded = [...written.values()].filter(({ encoding }) => encoding !== 'f32');
      expect(encoded.length > 0, part).toBe(part === 'transformer' && (kind === 'single-fp8' || kind === 'gguf'));
      const values = new Map([...written].map(([name, tensor]) => [name, dequantize(tensor)]));
      for (const [name, { encoding }] of written) {
        expect(source.encoding(name)?.encoding, name).toBe(encoding);
        const loaded = await source.load(name);
        expect(Buffer.compare(bytesOf(loaded), bytesOf(values.get(name) ?? new Float32Array())), name).toBe(0);
      }
      // The part is run from the file once for each way in which its weights are stored.
      const key = `${version} ${part} ${encoded.length === 0 ? '' : kind}`;
      const expected = outputs.get(key) ?? run((name) => values.get(name) ?? new Float32Array());
      if (outputs.has(key) && kind !== 'folder') continue;
      outputs.set(key, expected);
      const output = await run(model.reader(part));
      expect(output.every(Number.isFinite), part).toBe(true);
      expect(output, part).toEqual(await expected);
    }
    // Configurations agree, wherever they came from; the text that 2.3 projects elsewhere has no width here.
    const { connectors, audioVae, vocoder, transformer } = model;
    const config = {
      connectors,
      audioVae,
      vocoder,
      transformer: { ...transformer, ...(version === '2.0' ? {} : { caption_channels: 0 }) },
    };
    expect(config).toEqual(known.get(version) ?? config);
    known.set(version, config);
    await model.close();
  });

  it('tell a distilled model by its name', async () => {
    const [layout] = ltx2Layouts;
    const tree = treeOf(
      'ltx2',
      new Map([...layout.write(seed)].map(([path, bytes]) => [path.replace('ltx-2.', 'ltx-2-distilled.'), bytes])),
    );
    const model = await openCheckpoint({ checkpoint: { tree, path: 'ltx-2-distilled.safetensors' } }, 'ltx2');
    expect(model).toMatchObject({ release: { version: '2.0', distilled: true }, traits: { sizeMultiple: 32, defaults: { steps: 8 } } });
    await model.close();
  });

  it('take LoRAs under official names, of the connectors too, each stage with a scale of its own', async () => {
    const [layout] = ltx2Layouts;
    const model = await open(layout);
    const matrix = (rows: number, columns: number): TensorToWrite => ({
      dtype: 'F32',
      shape: [rows, columns],
      bytes: bytesOf(new Float32Array(rows * columns).fill(0.5)),
    });
    const tensors = new Map<string, TensorToWrite>();
    for (const [layer, [features, width]] of [
      ['diffusion_model.transformer_blocks.0.audio_attn1.to_q', [64, 64]],
      ['diffusion_model.audio_patchify_proj', [64, 16]],
      ['text_embedding_projection.aggregate_embed', [128, 512]],
    ] as const) {
      tensors.set(`${layer}.lora_A.weight`, matrix(2, width)).set(`${layer}.lora_B.weight`, matrix(features, 2));
    }
    const tree = treeOf('lora', new Map([['distilled.safetensors', writeSafetensors(tensors)]]));
    const opened = await openLora({ tree, path: 'distilled.safetensors' }, model, 'distilled');
    expect([...(opened.lora?.ranks.keys() ?? [])].sort()).toEqual(['audio_proj_in.weight', 'transformer_blocks.0.audio_attn1.to_q.weight']);
    expect([...(opened.connectors?.ranks.keys() ?? [])]).toEqual(['text_proj_in.weight']);
    const adapted = await withLoras(model, [{ opened, scale: 0, refineScale: 0.5 }]);
    for (const part of [adapted.liveLoras, adapted.connectorLoras]) {
      expect(lorasOfStage(part, adapted.loras, 1).adapters).toEqual([]);
      const { adapters, inputs } = lorasOfStage(part, adapted.loras, 2);
      expect(adapters).toHaveLength(1);
      expect(Object.values(inputs)).toEqual([Float32Array.of(0.5)]);
    }
    await opened.close();
    await model.close();
  });

  it('are recognised by inspection', async () => {
    const layout = ltx2Layouts.find(({ name }) => name === 'ltx2-2.3-single');
    if (layout === undefined) throw new Error('no layout');
    const set = await openWeightSet(treeOf(layout.name, layout.write(seed)), layout.entry);
    const kinds = inspectWeights(set).architectures.map(({ kind }) => kind);
    expect(kinds.sort()).toEqual(['ltx-vae', 'ltx2-audio-vae', 'ltx2-connectors', 'ltx2-transformer', 'ltx2-vocoder']);
  });

  const gguf = ltx2Layouts.find(({ kind }) => kind === 'gguf') ?? ltx2Layouts[0];
  it.each<[what: string, change: (files: Map<string, Uint8Array<ArrayBuffer>>) => void, message: RegExp]>([
    ['vocoder', (files) => files.delete('vae/audio_vae.safetensors'), /no audio vae.*--vae FILE/],
    ['text encoder', (files) => files.delete('text_encoder/model.safetensors'), /no text encoder.*--text-encoder PATH/],
    [
      'one file of two',
      (files) => files.set('vae/another.safetensors', files.get('vae/video_vae.safetensors') ?? new Uint8Array()),
      /two files.*hold the vae.*--vae FILE/,
    ],
  ])('say what is missing: the %s', async (_, change, message) => {
    await expect(open(gguf, change)).rejects.toThrow(message);
  });
});
