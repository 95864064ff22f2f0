import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecodedEncoding } from '../graph';
import { encodings } from '../numeric/quantized';
import { openNodeFolder } from './file-tree-node';
import { writePackedFile } from './pack-node';
import { packsIntoGguf, planPack } from './pack';
import { parametersOf, type ParameterSource } from './parameters';
import { openWeightSet, type WeightSet } from './weight-set';

const golden = (name: string): string => new URL(`../../fixtures/golden/${name}/`, import.meta.url).pathname;

let folder = '';
const opened: WeightSet[] = [];
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'aiprod-pack-'))));
afterAll(async () => {
  for (const set of opened) await set.close();
  await rm(folder, { recursive: true, force: true });
});

async function packed(
  name: string,
  encoding: DecodedEncoding,
): Promise<{ before: ParameterSource; after: ParameterSource; set: WeightSet; bytes: number }> {
  const weights = await openWeightSet(await openNodeFolder(golden(name)), 'weights.safetensors');
  opened.push(weights);
  const file = `${name}-${encoding}.${packsIntoGguf(encoding) ? 'gguf' : 'safetensors'}`;
  const plan = planPack(weights, encoding);
  await writePackedFile({
    path: join(folder, file),
    plan,
    encoding,
    metadata: { 'aiprod.encoding': encoding, license: 'Apache-2.0' },
    architecture: 'ltxv',
  });
  const set = await openWeightSet(await openNodeFolder(folder), file);
  return { before: parametersOf(weights), after: parametersOf(set), set, bytes: plan.reduce((sum, weight) => sum + weight.bytes, 0) };
}

describe('packed files', () => {
  for (const encoding of ['int8', 'int4', 'fp8_e4m3', 'bf16', 'f16', 'q8_0', 'q4_0'] as const) {
    it(`hold every weight of a transformer, dense layers in ${encoding}`, async () => {
      const { before, after, set, bytes } = await packed('ltx_transformer', encoding);
      expect([...after.names()].sort()).toEqual([...before.names()].sort());
      expect(set.metadata.get('license')).toBe('Apache-2.0');
      // 80 columns hold no whole group of 32: only the wide ones are in groups and blocks.
      const wide = after.encoding('transformer_blocks.0.ff.net.2.weight');
      expect(wide?.encoding).toBe(encoding);
      const stored = [...set.tensors.values()].reduce((sum, tensor) => sum + tensor.byteLength, 0);
      expect(stored).toBe(bytes);
      for (const name of before.names()) {
        const shape = before.shape(name);
        expect(after.shape(name), name).toEqual(shape);
        const values = await before.load(name);
        const again = await after.load(name);
        const now = after.encoding(name)?.encoding;
        if (now === before.encoding(name)?.encoding) expect(again, name).toEqual(values);
        else {
          const inner = values.length / shape[0];
          const expected = encodings[now ?? 'f32'].encode(values, inner, { scaling: 'row' });
          expect((await after.stored(name))?.bytes, name).toEqual(expected.bytes);
        }
      }
      expect(after.encoding('scale_shift_table')?.encoding).toBe('f32');
      expect(after.encoding('proj_in.bias')?.encoding).toBe('f32');
      await set.close();
    });
  }

  it('quantise convolutions, by output channel', async () => {
    const { after, set } = await packed('ltx_vae_090', 'int4');
    const inside = 'decoder.mid_block.resnets.0.conv1.conv.weight';
    expect(after.encoding(inside)?.encoding).toBe('int8');
    expect((await after.stored(inside))?.scales?.length).toBe(after.shape(inside)[0]);
    expect(after.encoding('decoder.conv_in.conv.weight')?.encoding).toBe('f16');
    expect(after.encoding('latents_mean')?.encoding).toBe('f32');
    await set.close();
  });

  it('copy first and last layers that are in 16 bits', async () => {
    const first = await packed('ltx_transformer', 'bf16');
    const plan = planPack(first.set, 'int8');
    expect(plan.find(({ name }) => name === 'proj_in.weight')).toMatchObject({ encoding: undefined });
    expect(plan.find(({ name }) => name === 'proj_in.weight')?.tensors.get('proj_in.weight')?.dtype).toBe('BF16');
    expect(plan.find(({ name }) => name === 'transformer_blocks.0.attn1.to_q.weight')?.encoding).toBe('int8');
    await first.set.close();
  });

  it('leave tables of text encoders as they are', async () => {
    const { after, set } = await packed('t5_encoder', 'int8');
    expect(after.encoding('shared.weight')?.encoding).toBe('f32');
    expect(after.encoding('encoder.block.0.layer.0.SelfAttention.q.weight')?.encoding).toBe('int8');
    await set.close();
  });

  it('can be packed again from a packed file', async () => {
    const first = await packed('ltx_transformer', 'int8');
    const plan = planPack(first.set, 'bf16');
    expect(plan.find(({ name }) => name === 'proj_in.weight')?.encoding).toBe('bf16');
    expect(plan.some(({ name }) => name.endsWith('_scale'))).toBe(false);
    await first.set.close();
  });

  it('leave nothing behind when packing is cancelled', async () => {
    const weights = await openWeightSet(await openNodeFolder(golden('ltx_transformer')), 'weights.safetensors');
    const plan = planPack(weights, 'int8');
    const request = { plan, encoding: 'int8', metadata: {}, architecture: 'ltxv' } as const;
    const path = join(folder, 'cancelled.safetensors');
    await expect(writePackedFile({ ...request, path, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    expect((await readdir(folder)).filter((file) => file.startsWith('cancelled'))).toEqual([]);
    await weights.close();
  });
});
