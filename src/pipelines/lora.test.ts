import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adaptableWeights, addLowRankBranches, evaluateGraph, storeParametersAs, type Graph } from '../graph';
import { buildTransformerGraph, timestepInput } from '../models';
import { randomNormal } from '../numeric/random';
import { relativeL2 } from '../numeric/testing/relative-l2';
import { blobFileTree, bytesOf, chooseEncodings, writeSafetensors, type TensorToWrite } from '../weights';
import { openNodeFolder } from '../weights/node';
import { openLora, withLoras, type OpenLora } from './lora';
import type { LtxModel } from './opening/ltx-model';
import { openLtxModel } from './opening/open-ltx-model';

let model: LtxModel;
let graph: Graph;
let inputs: Record<string, Float32Array>;

beforeAll(async () => {
  model = await openLtxModel(await openNodeFolder(fileURLToPath(new URL('../../public/models/embedded', import.meta.url))), 'embedded');
  const { in_channels: channels, caption_channels: width } = model.transformer;
  graph = buildTransformerGraph(model.transformer, {
    batch: 1,
    positions: { frames: 1, height: 2, width: 2 },
    textLength: 3,
    masked: false,
  }).graph;
  inputs = {
    hidden_states: randomNormal(1, 0, 4 * channels),
    encoder_hidden_states: randomNormal(1, 1, 3 * width),
    timestep_sinusoid: timestepInput(Float32Array.of(700)),
  };
});
afterAll(() => model.close());

/** A random LoRA for every attention projection, or some of them, in kohya's names. */
async function randomLora(seed: number, only = /attn1\.to_[qv]|ff\.net/): Promise<OpenLora> {
  const rank = 4;
  const tensors = new Map<string, TensorToWrite>();
  let stream = 0;
  for (const [weight, [features, width]] of adaptableWeights(graph)) {
    if (!only.test(weight)) continue;
    const name = `lora_unet_${weight.replace(/\.weight$/, '').replaceAll('.', '_')}`;
    const matrix = (rows: number, columns: number): TensorToWrite => ({
      dtype: 'F32',
      shape: [rows, columns],
      bytes: bytesOf(randomNormal(seed, stream++, rows * columns).map((value) => (0.5 * value) / Math.sqrt(columns))),
    });
    tensors.set(`${name}.lora_down.weight`, matrix(rank, width));
    tensors.set(`${name}.lora_up.weight`, matrix(features, rank));
    tensors.set(`${name}.alpha`, { dtype: 'F32', shape: [], bytes: bytesOf(Float32Array.of(2)) });
  }
  const file = new Blob([writeSafetensors(tensors, { reference_downscale_factor: '2' })]);
  return openLora(
    { tree: blobFileTree('loras', new Map([['style.safetensors', file]])), path: 'style.safetensors' },
    model,
    'style.safetensors',
  );
}

async function predict(adapted: LtxModel, base = graph): Promise<Float32Array> {
  const branched = addLowRankBranches(base, adapted.liveLoras.adapters);
  const result = (await evaluateGraph(branched, { ...inputs, ...adapted.liveLoras.inputs }, adapted.reader('transformer'))).get('sample');
  return Float32Array.from(result?.data ?? []);
}

describe('LoRAs of a model', () => {
  it('are the same live and fused, alone and together, and nothing at scale 0', async () => {
    const [first, second] = [await randomLora(1), await randomLora(2, /attn2/)];
    expect(first.lora?.referenceDownscaleFactor).toBe(2);
    const plain = await predict(model);
    for (const loras of [
      [{ opened: first, scale: 0.7 }],
      [
        { opened: first, scale: 1 },
        { opened: second, scale: -0.4 },
      ],
    ]) {
      const live = await predict(await withLoras(model, loras));
      expect(relativeL2(live, await predict(await withLoras(model, loras, 'fused')))).toBeLessThan(1e-5);
      expect(relativeL2(live, plain)).toBeGreaterThan(0.01);
    }
    expect(relativeL2(await predict(await withLoras(model, [{ opened: first, scale: 0 }])), plain)).toBeLessThan(1e-6);
    expect(await withLoras(model, [])).toBe(model);
  });

  it('work over a quantised base, which stays as it is', async () => {
    const quantised = storeParametersAs(graph, chooseEncodings(await model.parameters('transformer'), 'int8', 'f32'));
    const adapted = await withLoras(model, [{ opened: await randomLora(1), scale: 1 }]);
    const effect = (withLora: Float32Array, without: Float32Array): Float32Array => withLora.map((value, k) => value - without[k]);
    const onQuantised = effect(await predict(adapted, quantised), await predict(model, quantised));
    expect(relativeL2(onQuantised, effect(await predict(adapted), await predict(model)))).toBeLessThan(0.1);
    const [weight] = adaptableWeights(graph).keys();
    expect(await (await adapted.parameters('transformer')).read(weight)).toEqual(
      await (await model.parameters('transformer')).read(weight),
    );
  });

  it('are part of what the model is recognised by', async () => {
    const opened = await randomLora(1);
    const adapted = await withLoras(model, [{ opened, scale: 0.5 }]);
    expect(adapted.traits).toEqual({ ...model.traits, referenceDownscaleFactor: 2 });
    expect(adapted.loras).toEqual([
      { name: 'style.safetensors', fingerprint: opened.fingerprint, scale: 0.5, refineScale: 0.5, mode: 'live' },
    ]);
    expect(opened.fingerprint).toMatch(/^sha256:/);
    expect(await adapted.fingerprints()).toEqual({ ...(await model.fingerprints()), 'style.safetensors': opened.fingerprint });
    await adapted.check(
      'transformer',
      new Map([['transformer_blocks.0.attn1.to_q.lora_A.0.weight', [4, adapted.transformer.cross_attention_dim]]]),
    );
    await expect(adapted.check('transformer', new Map([['transformer_blocks.0.attn1.to_q.lora_A.1.weight', [4, 4]]]))).rejects.toThrow(
      /missing/,
    );
    await expect(withLoras(adapted, [{ opened, scale: 1 }])).rejects.toThrow(/once/);
  });

  it('must fit the model', async () => {
    const wrong = writeSafetensors(
      new Map([
        ['diffusion_model.transformer_blocks.900.attn1.to_q.lora_A.weight', { dtype: 'F32', shape: [1, 4], bytes: new Uint8Array(16) }],
        ['diffusion_model.transformer_blocks.900.attn1.to_q.lora_B.weight', { dtype: 'F32', shape: [4, 1], bytes: new Uint8Array(16) }],
      ]),
    );
    const tree = blobFileTree('loras', new Map([['wrong.safetensors', new Blob([wrong])]]));
    await expect(openLora({ tree, path: 'wrong.safetensors' }, model, 'wrong')).rejects.toThrow(
      /nearest: transformer_blocks\.\d+\.attn1\.to_q/,
    );
  });

  it("read PEFT's folder with its configuration", async () => {
    const [[weight, [features, width]]] = [...adaptableWeights(graph)].filter(([name]) => name.includes('attn1.to_q'));
    const module = weight.replace(/\.weight$/, '');
    const file = writeSafetensors(
      new Map<string, TensorToWrite>([
        [
          `base_model.model.${module}.lora_A.weight`,
          { dtype: 'F32', shape: [2, width], bytes: bytesOf(new Float32Array(2 * width).fill(1)) },
        ],
        [
          `base_model.model.${module}.lora_B.weight`,
          { dtype: 'F32', shape: [features, 2], bytes: bytesOf(new Float32Array(2 * features).fill(1)) },
        ],
      ]),
    );
    const files = new Map([
      ['adapter_model.safetensors', new Blob([file])],
      ['adapter_config.json', new Blob([JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 6 })])],
    ]);
    const opened = await openLora({ tree: blobFileTree('peft', files), path: '' }, model, 'peft');
    expect((await opened.lora?.load(weight))?.up[0]).toBe(3);
    await opened.close();
  });
});
