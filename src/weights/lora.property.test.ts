import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { memorySource } from './byte-source';
import { readLora, type LoraTargets } from './lora';
import { fuseLoras, liveLoras } from './lora-apply';
import { LTX_TRANSFORMER_NAMES, ltxVaeNames } from './ltx-video-names';
import { compileRules, parametersOf, renamedNames, type ParameterSource, type RenameRules } from './parameters';
import { openSafetensors } from './safetensors';
import { bytesOf, writeSafetensors, type TensorToWrite } from './safetensors-writer';
import { mutate, mutations } from './testing-mutations';

const layers = ['proj_in', 'time_embed.linear', 'transformer_blocks.0.attn1.to_q', 'transformer_blocks.0.attn1.to_out.0'] as const;
const shape = [3, 2] as const;
const targets: LoraTargets = {
  parameters: new Map(layers.map((layer) => [`${layer}.weight`, shape])),
  renaming: LTX_TRANSFORMER_NAMES,
};

const floats = (dtype: 'F32' | 'F16' | 'BF16', dimensions: readonly number[], seed: number): TensorToWrite => {
  const count = dimensions.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, (_, k) => Math.sin(seed + k));
  // The upper half of an f32 is a bf16; read as f16 it is some other number, which is as good here.
  const bytes =
    dtype === 'F32' ? bytesOf(values) : Uint8Array.from({ length: 2 * count }, (_, k) => bytesOf(values)[(k >> 1) * 4 + 2 + (k & 1)]);
  return { dtype, shape: dimensions, bytes };
};

const styles: readonly (readonly [prefix: string, flat: boolean, down: string, up: string])[] = [
  ['transformer.', false, 'lora_A.weight', 'lora_B.weight'],
  ['base_model.model.', false, 'lora_A.default.weight', 'lora_B.default.weight'],
  ['diffusion_model.', false, 'lora_down.weight', 'lora_up.weight'],
  ['lora_unet_', true, 'lora_down.weight', 'lora_up.weight'],
];

/** A LoRA of any style that fits the targets. */
const loraFile = fc
  .record({
    style: fc.constantFrom(...styles),
    layers: fc.subarray([...layers], { minLength: 1 }),
    rank: fc.integer({ min: 1, max: 3 }),
    dtype: fc.constantFrom('F32' as const, 'F16' as const, 'BF16' as const),
    alpha: fc.option(fc.constantFrom(0.5, 1, 16)),
  })
  .map(({ style: [prefix, flat, down, up], layers: chosen, rank, dtype, alpha }) => {
    const tensors = new Map<string, TensorToWrite>();
    chosen.forEach((layer, seed) => {
      const module = `${prefix}${flat ? layer.replaceAll('.', '_') : layer}`;
      tensors.set(`${module}.${down}`, floats(dtype, [rank, shape[1]], seed));
      tensors.set(`${module}.${up}`, floats(dtype, [shape[0], rank], seed + 0.5));
      if (alpha !== null) tensors.set(`${module}.alpha`, { dtype: 'F32', shape: [], bytes: bytesOf(Float32Array.of(alpha)) });
    });
    return { tensors, layers: chosen, rank };
  });

const base: ParameterSource = parametersOf(
  await openSafetensors(
    memorySource(writeSafetensors(new Map(layers.map((layer, seed) => [`${layer}.weight`, floats('F32', shape, seed)])))),
  ),
);

/** Reads all of it, fused and live: true when it was taken, false when it was refused as it should be. */
async function readAll(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    const file = await openSafetensors(memorySource(bytes, 'mutated.safetensors'));
    const lora = await readLora({ ...parametersOf(file), metadata: file.metadata }, targets);
    const applied = [{ lora, scale: 0.5 }];
    const fused = fuseLoras(base, applied);
    const live = liveLoras(base, applied);
    for (const weight of lora.ranks.keys()) {
      expect((await fused.load(weight)).length).toBe(6);
      const matrices = await lora.load(weight);
      expect([matrices.down.length, matrices.up.length]).toEqual([matrices.rank * 2, matrices.rank * 3]);
    }
    for (const name of live.source.names()) await live.source.load(name);
    return true;
  } catch (error) {
    if (!(error instanceof AiprodError)) throw error;
    expect(['bad-weights', 'not-finite', 'unsupported-model']).toContain(error.code);
    expect(error.message.length).toBeLessThan(4000);
    return false;
  }
}

describe('LoRA reader', { timeout: 120_000 }, () => {
  it('takes every style, type and rank', async () => {
    await fc.assert(
      fc.asyncProperty(loraFile, async ({ tensors, layers: chosen, rank }) => {
        const file = await openSafetensors(memorySource(writeSafetensors(tensors)));
        const lora = await readLora(parametersOf(file), targets);
        expect(Object.fromEntries(lora.ranks)).toEqual(Object.fromEntries(chosen.map((layer) => [`${layer}.weight`, rank])));
      }),
      { numRuns: 300 },
    );
  });

  it('survives 4,000 files with flipped bits, cut ends and spliced parts', async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(loraFile, mutations, async ({ tensors }, changes) => {
        if (!(await readAll(mutate(writeSafetensors(tensors), changes)))) refused++;
      }),
      { numRuns: 4000 },
    );
    expect(refused).toBeGreaterThan(2000);
  });

  it('survives 3,000 well-formed files with strange names, shapes, numbers and metadata', async () => {
    const part = fc.constantFrom(
      'transformer',
      'diffusion_model',
      'base_model',
      'model',
      'lora_unet_proj_in',
      'proj_in',
      'patchify_proj',
      'lora_A',
      'lora_B',
      'lora_up',
      'lora_down',
      'weight',
      'alpha',
      'default',
      'dora_scale',
      'diff',
      'diff_m',
      '0',
      '',
    );
    const name = fc
      .array(part, { minLength: 1, maxLength: 6 })
      .map((parts) => parts.join('.'))
      .filter((text) => text !== '');
    const tensor = fc
      .record({ shape: fc.array(fc.nat(3), { maxLength: 3 }), value: fc.constantFrom(0, 1, -1, NaN, Infinity, 3e38) })
      .map(({ shape: dimensions, value }): TensorToWrite => ({
        dtype: 'F32',
        shape: dimensions,
        bytes: bytesOf(new Float32Array(dimensions.reduce((product, size) => product * size, 1)).fill(value)),
      }));
    const metadata = fc.dictionary(
      fc.constantFrom('reference_downscale_factor', 'lora_adapter_metadata', 'format'),
      fc.oneof(fc.string(), fc.json({ maxDepth: 3 })),
      { noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(loraFile, fc.array(fc.tuple(name, tensor), { maxLength: 3 }), metadata, async ({ tensors }, extra, notes) => {
        await readAll(writeSafetensors(new Map([...tensors, ...extra]), notes));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('renaming', () => {
  const word = fc.constantFrom('a', 'b', 'c', 'd', '0', '1', '');
  const path = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
  const rules = fc.array(fc.record({ from: path, to: path }), { maxLength: 5 });

  it('ends, keeps every tensor once, and refuses names that collide, for any rules and names', () => {
    fc.assert(
      fc.property(rules, fc.uniqueArray(path, { maxLength: 8 }), fc.array(path, { maxLength: 2 }), (some, names, prefixes) => {
        const renaming: RenameRules = { prefixes: [...prefixes, ''], rules: some };
        try {
          const renamed = renamedNames(names, renaming, 'any');
          expect(new Set(renamed.values()).size).toBe(renamed.size);
          for (const original of renamed.values()) expect(names).toContain(original);
        } catch (error) {
          if (!(error instanceof AiprodError)) throw error;
          expect(error.code).toBe('bad-weights');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("survives any names under the rules of the released checkpoints, and leaves the model's own names alone", () => {
    const official = fc
      .array(
        fc.constantFrom(
          'vae',
          'model',
          'diffusion_model',
          'encoder',
          'decoder',
          'up_blocks',
          'down_blocks',
          '0',
          '3',
          '9',
          '10',
          'res_blocks',
          'conv',
          'norm3',
          'norm',
          'q_norm',
          'weight',
          'per_channel_statistics',
        ),
        { minLength: 1, maxLength: 7 },
      )
      .map((parts) => parts.join('.'));
    const released = [LTX_TRANSFORMER_NAMES, ltxVaeNames('0.9.0'), ltxVaeNames('0.9.1'), ltxVaeNames('0.9.5')];
    fc.assert(
      fc.property(fc.uniqueArray(official, { maxLength: 8 }), fc.constantFrom(...released), (names, renaming) => {
        try {
          for (const original of renamedNames(names, renaming, 'any').values()) expect(names).toContain(original);
        } catch (error) {
          if (!(error instanceof AiprodError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
    const rename = compileRules(LTX_TRANSFORMER_NAMES.rules);
    for (const layer of layers) expect(rename(layer)).toBe(layer);
  });
});
