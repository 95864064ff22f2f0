import { describe, expect, it } from 'vitest';
import { relativeL2 } from '../numeric/testing/relative-l2';
import { memorySource } from './byte-source';
import { recogniseArchitectures } from './inspect';
import { readLora, type Lora, type LoraSource, type LoraTargets } from './lora';
import { fuseLoras, liveLoras } from './lora-apply';
import { loraStyleOf } from './lora-keys';
import { LTX_TRANSFORMER_NAMES } from './ltx-video-names';
import { parametersOf, type ParameterSource } from './parameters';
import { openSafetensors } from './safetensors';
import { bytesOf, writeSafetensors, type TensorToWrite } from './safetensors-writer';
import { goldenSource, refusalOf } from './testing';

async function openGolden(file: string): Promise<LoraSource & ParameterSource> {
  const weights = await openSafetensors(await goldenSource(file));
  return { ...parametersOf(weights), metadata: weights.metadata };
}

async function goldenTargets(): Promise<{ base: ParameterSource; targets: LoraTargets }> {
  const base = await openGolden('lora_diffusers/weights.safetensors');
  const parameters = new Map([...base.names()].map((name) => [name, base.shape(name)]));
  return { base, targets: { parameters, renaming: LTX_TRANSFORMER_NAMES } };
}

type Tensors = Record<string, { shape: number[]; values: number[] }>;

async function sourceOf(tensors: Tensors, metadata: Record<string, string> = {}, adapterConfig?: unknown): Promise<LoraSource> {
  const written = new Map(
    Object.entries(tensors).map(([name, { shape, values }]): [string, TensorToWrite] => [
      name,
      { dtype: 'F32', shape, bytes: bytesOf(Float32Array.from(values)) },
    ]),
  );
  const file = await openSafetensors(memorySource(writeSafetensors(written, metadata), 'my.safetensors'));
  return { ...parametersOf(file), metadata: file.metadata, ...(adapterConfig === undefined ? {} : { adapterConfig }) };
}

/** A model of three layers, as diffusers names them. */
const small: LoraTargets = {
  parameters: new Map([
    ['proj_in.weight', [2, 3]],
    ['time_embed.linear.weight', [2, 2]],
    ['blocks.0.to_out.0.weight', [3, 2]],
    ['blocks.0.to_out.0.bias', [3]],
    ['conv.weight', [2, 3, 1, 2, 2]],
  ]),
  renaming: LTX_TRANSFORMER_NAMES,
};

const pair = (down: string, up: string): Tensors => ({
  [down]: { shape: [1, 3], values: [1, 2, 3] },
  [up]: { shape: [2, 1], values: [10, 20] },
});
const readSmall = async (tensors: Tensors, metadata?: Record<string, string>, config?: unknown): Promise<Lora> =>
  readLora(await sourceOf(tensors, metadata, config), small);

describe('LoRA files', () => {
  const golden: [file: string, style: string][] = [
    ['lora_diffusers/weights_lora', 'diffusers'],
    ['lora_diffusers/lora_comfy', 'comfyui'],
    ['lora_diffusers/lora_peft', 'peft'],
    ['lora_alpha/weights_lora', 'comfyui'],
    ['lora_alpha/lora_kohya', 'kohya'],
  ];
  it.each(golden)('%s: fused as the reference fuses it', async (file, style) => {
    const { base, targets } = await goldenTargets();
    const source = await openGolden(`${file}.safetensors`);
    const lora = await readLora(source, targets);
    expect(lora.keyStyle).toBe(style);
    expect(loraStyleOf(source.names())).toBe(style);
    expect(loraStyleOf(base.names())).toBeUndefined();
    const shapes = new Map([...source.names()].map((name) => [name, source.shape(name)]));
    expect(recogniseArchitectures(shapes)).toEqual([{ kind: 'lora', naming: style }]);
    const expected = await openGolden(`${file.split('/')[0]}/io.safetensors`);
    const fused = fuseLoras(base, [{ lora, scale: 0.7 }]);
    const outputs = [...expected.names()].filter((name) => name.startsWith('out.fused.'));
    expect(outputs.map((name) => name.slice('out.fused.'.length)).sort()).toEqual([...lora.ranks.keys()].sort());
    for (const name of outputs) {
      const weight = name.slice('out.fused.'.length);
      expect(relativeL2(await fused.load(weight), await expected.load(name)), name).toBeLessThan(3e-7);
      expect(fused.dtype(weight)).toBe('F32');
    }
    expect(await fused.read('proj_in.weight')).toEqual(await base.read('proj_in.weight'));
  });

  const spellings: [what: string, tensors: Tensors, weight: string][] = [
    [
      'PEFT with an adapter name',
      pair('base_model.model.proj_in.lora_A.default.weight', 'base_model.model.proj_in.lora_B.default.weight'),
      'proj_in.weight',
    ],
    [
      'PEFT around a pipeline',
      pair('base_model.model.transformer.proj_in.lora_A.weight', 'base_model.model.transformer.proj_in.lora_B.weight'),
      'proj_in.weight',
    ],
    [
      "ComfyUI with the checkpoint's names",
      pair('diffusion_model.patchify_proj.lora_down.weight', 'diffusion_model.patchify_proj.lora_up.weight'),
      'proj_in.weight',
    ],
    ['old diffusers', pair('transformer.proj_in.lora.down.weight', 'transformer.proj_in.lora.up.weight'), 'proj_in.weight'],
    ['no prefix', pair('patchify_proj.lora_A.weight', 'patchify_proj.lora_B.weight'), 'proj_in.weight'],
    [
      'kohya with the original names',
      pair('lora_unet_patchify_proj.lora_down.weight', 'lora_unet_patchify_proj.lora_up.weight'),
      'proj_in.weight',
    ],
    [
      "kohya with diffusers' names",
      pair('lora_transformer_proj_in.lora_down.weight', 'lora_transformer_proj_in.lora_up.weight'),
      'proj_in.weight',
    ],
  ];
  it.each(spellings)('reads %s', async (_, tensors, weight) => {
    const lora = await readSmall(tensors);
    expect([...lora.ranks]).toEqual([[weight, 1]]);
    expect(await lora.load(weight)).toEqual({ rank: 1, down: Float32Array.of(1, 2, 3), up: Float32Array.of(10, 20) });
  });

  it('scales by alpha over rank: from the file, the metadata of diffusers, or the configuration of PEFT', async () => {
    const tensors = pair('transformer.proj_in.lora_A.weight', 'transformer.proj_in.lora_B.weight');
    const upOf = async (lora: Lora): Promise<number[]> => [...(await lora.load('proj_in.weight')).up];
    expect(await upOf(await readSmall({ ...tensors, 'transformer.proj_in.alpha': { shape: [], values: [3] } }))).toEqual([30, 60]);
    const metadata = { lora_adapter_metadata: JSON.stringify({ 'transformer.r': 1, 'transformer.lora_alpha': 2 }) };
    expect(await upOf(await readSmall(tensors, metadata))).toEqual([20, 40]);
    expect(await upOf(await readSmall(tensors, {}, { lora_alpha: 4, alpha_pattern: { proj_in: 5 }, r: 1 }))).toEqual([50, 100]);
    const wide: Tensors = {
      'proj_in.lora_A.weight': { shape: [4, 3], values: new Array<number>(12).fill(1) },
      'proj_in.lora_B.weight': { shape: [2, 4], values: new Array<number>(8).fill(1) },
    };
    expect(await upOf(await readSmall(wide, {}, { lora_alpha: 4, use_rslora: true }))).toEqual(new Array<number>(8).fill(2));
  });

  it('tells the downscale factor of an IC-LoRA', async () => {
    const tensors = pair('proj_in.lora_A.weight', 'proj_in.lora_B.weight');
    expect((await readSmall(tensors)).referenceDownscaleFactor).toBeUndefined();
    expect((await readSmall(tensors, { reference_downscale_factor: '2' })).referenceDownscaleFactor).toBe(2);
    for (const wrong of ['0', '1.5', 'two', '', '1e9']) {
      await expect(readSmall(tensors, { reference_downscale_factor: wrong })).rejects.toThrow(/reference_downscale_factor.*whole number/);
    }
  });

  const good = pair('diffusion_model.proj_in.lora_A.weight', 'diffusion_model.proj_in.lora_B.weight');
  const wrong: [what: string, tensors: Tensors, code: string, message: RegExp][] = [
    [
      'an unknown layer, with the nearest name',
      { ...good, ...pair('diffusion_model.blocks.0.to_ou.0.lora_A.weight', 'diffusion_model.blocks.0.to_ou.0.lora_B.weight') },
      'bad-weights',
      /1: diffusion_model\.blocks\.0\.to_ou\.0 \(nearest: blocks\.0\.to_out\.0\)/,
    ],
    [
      'an unknown kohya layer',
      pair('lora_unet_proj_inn.lora_down.weight', 'lora_unet_proj_inn.lora_up.weight'),
      'bad-weights',
      /nearest: proj_in\)/,
    ],
    ['a tensor that belongs to nothing', { ...good, 'proj_in.bias': { shape: [2], values: [1, 2] } }, 'bad-weights', /proj_in\.bias/],
    ['half a pair', { 'proj_in.lora_A.weight': { shape: [1, 3], values: [1, 2, 3] } }, 'bad-weights', /proj_in has no lora_B/],
    ['only an alpha', { 'proj_in.alpha': { shape: [], values: [1] } }, 'bad-weights', /proj_in has no lora_A/],
    [
      'ranks that differ',
      {
        'proj_in.lora_A.weight': { shape: [2, 3], values: [1, 2, 3, 4, 5, 6] },
        'proj_in.lora_B.weight': { shape: [2, 1], values: [1, 2] },
      },
      'bad-weights',
      /rank 2 in A and 1 in B/,
    ],
    [
      'another width',
      { 'proj_in.lora_A.weight': { shape: [1, 2], values: [1, 2] }, 'proj_in.lora_B.weight': { shape: [2, 1], values: [1, 2] } },
      'bad-weights',
      /\[2, 1\] x \[1, 2\] for a weight \[2, 3\] of proj_in/,
    ],
    [
      'rank 0',
      { 'proj_in.lora_A.weight': { shape: [0, 3], values: [] }, 'proj_in.lora_B.weight': { shape: [2, 0], values: [] } },
      'bad-weights',
      /does not fit/,
    ],
    [
      'the same layer twice',
      { ...good, ...pair('transformer.proj_in.lora_A.weight', 'transformer.proj_in.lora_B.weight') },
      'bad-weights',
      /two tensors of the LoRA stand for/,
    ],
    [
      'the same matrix twice',
      { ...good, 'diffusion_model.proj_in.lora_down.weight': { shape: [1, 3], values: [1, 2, 3] } },
      'bad-weights',
      /two tensors of the LoRA stand for down/,
    ],
    [
      'an alpha of several numbers',
      { ...good, 'diffusion_model.proj_in.alpha': { shape: [2], values: [1, 2] } },
      'bad-weights',
      /alpha of diffusion_model\.proj_in/,
    ],
    ['an alpha of 0', { ...good, 'diffusion_model.proj_in.alpha': { shape: [], values: [0] } }, 'bad-weights', /number above 0/],
    [
      'an alpha that is no number',
      { ...good, 'diffusion_model.proj_in.alpha': { shape: [], values: [NaN] } },
      'not-finite',
      /alpha holds NaN/,
    ],
    [
      'DoRA',
      { ...good, 'diffusion_model.proj_in.dora_scale': { shape: [2, 1], values: [1, 2] } },
      'unsupported-model',
      /DoRA.*length of each row/,
    ],
    [
      "PEFT's DoRA",
      { ...good, 'base_model.model.proj_in.lora_magnitude_vector.default.weight': { shape: [2], values: [1, 2] } },
      'unsupported-model',
      /DoRA/,
    ],
    [
      'a set of whole weights',
      { ...good, 'diffusion_model.proj_in.set_weight': { shape: [1], values: [1] } },
      'unsupported-model',
      /whole/,
    ],
    [
      'a whole difference of another size',
      { ...good, 'diffusion_model.blocks.0.to_out.0.diff_b': { shape: [2], values: [1, 2] } },
      'bad-weights',
      /to_out\.0\.diff_b is \[2\] for values \[3\]/,
    ],
    [
      'a whole difference of what is not there',
      { ...good, 'diffusion_model.proj_in.diff_b': { shape: [2], values: [1, 2] } },
      'bad-weights',
      /1: diffusion_model\.proj_in\.diff_b/,
    ],
    [
      'a convolution that is changed twice',
      {
        'conv.lora_down.weight': { shape: [1, 12], values: new Array<number>(12).fill(1) },
        'conv.lora_up.weight': { shape: [2, 1, 1, 1, 1], values: [1, 2] },
        'conv.diff': { shape: [2, 3, 1, 2, 2], values: new Array<number>(24).fill(1) },
      },
      'bad-weights',
      /conv\.weight is changed by matrices and by a whole difference/,
    ],
    ['LoHa', { 'lora_unet_proj_in.hada_w1_a': { shape: [2, 1], values: [1, 2] } }, 'unsupported-model', /LoHa/],
    ['no LoRA at all', {}, 'bad-weights', /holds no LoRA/],
  ];
  it.each(wrong)('refuses %s', async (_, tensors, code, message) => {
    const error = await refusalOf(readSmall(tensors));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('refuses DoRA that only its configuration tells of, and a configuration that is malformed', async () => {
    await expect(readSmall(good, {}, { use_dora: true })).rejects.toThrow(/DoRA/);
    await expect(readSmall(good, {}, { lora_alpha: -1 })).rejects.toThrow(/configuration of the adapter is malformed/);
    await expect(readSmall(good, { lora_adapter_metadata: '{' })).rejects.toThrow(/JSON/);
  });

  it('lists ten names and no more', async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, k) => [`other.${k}.lora_A.weight`, { shape: [1, 1], values: [1] }]));
    const { message } = await refusalOf(readSmall({ ...good, ...many }));
    expect(message).toMatch(/30: .*, and 20 more/);
    expect(message.length).toBeLessThan(2000);
  });

  it('refuses numbers that are not finite when they are read, fused and live', async () => {
    const lora = await readSmall({ ...good, 'diffusion_model.proj_in.lora_B.weight': { shape: [2, 1], values: [Infinity, 1] } });
    const base = parametersOf(
      await openSafetensors(
        memorySource(writeSafetensors(new Map([['proj_in.weight', { dtype: 'F32', shape: [2, 3], bytes: new Uint8Array(24) }]]))),
      ),
    );
    expect((await refusalOf(fuseLoras(base, [{ lora, scale: 1 }]).load('proj_in.weight'))).code).toBe('not-finite');
    const { source } = liveLoras(base, [{ lora, scale: 1 }]);
    expect((await refusalOf(source.load('proj_in.lora_B.0.weight'))).code).toBe('not-finite');
  });
});

describe('LoRAs over a base', () => {
  it('leave a base live as it is, and add their matrices to it', async () => {
    const { base, targets } = await goldenTargets();
    const lora = await readLora(await openGolden('lora_alpha/lora_kohya.safetensors'), targets);
    const live = liveLoras(base, [
      { lora, scale: 0.7 },
      { lora, scale: -1 },
    ]);
    expect(live.adapters.map(({ name }) => name)).toEqual(['0', '1']);
    expect(live.inputs).toEqual({ 'lora_scale.0': Float32Array.of(0.7), 'lora_scale.1': Float32Array.of(-1) });
    const name = 'transformer_blocks.0.attn1.to_q.weight';
    expect(await live.source.read(name)).toEqual(await base.read(name));
    const down = 'transformer_blocks.0.attn1.to_q.lora_A.1.weight';
    expect(live.source.shape(down)).toEqual([lora.ranks.get(name), 32]);
    expect((await live.source.load(down)).length).toBe((lora.ranks.get(name) ?? 0) * 32);
    expect([...live.source.names()].length).toBe([...base.names()].length + 4 * lora.ranks.size);
    expect(live.source.has('transformer_blocks.0.attn1.to_q.lora_A.2.weight')).toBe(false);
    await expect(live.source.load('nowhere')).rejects.toThrow(/no tensor nowhere/);
  });

  it('add up when several are fused', async () => {
    const { base, targets } = await goldenTargets();
    const lora = await readLora(await openGolden('lora_alpha/lora_kohya.safetensors'), targets);
    const name = 'transformer_blocks.0.ff.net.2.weight';
    const twice = await fuseLoras(base, [
      { lora, scale: 0.25 },
      { lora, scale: 0.45 },
    ]).load(name);
    expect(relativeL2(twice, await fuseLoras(base, [{ lora, scale: 0.7 }]).load(name))).toBeLessThan(1e-7);
    expect(await fuseLoras(base, [{ lora, scale: 0 }]).load(name)).toEqual(await base.load(name));
  });
});
