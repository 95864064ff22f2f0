import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AiprodError } from '../errors';
import { memorySource } from './byte-source';
import { inspectWeights } from './inspect';
import { LTX_TRANSFORMER_NAMES, ltxVaeNames, ltxVaeVersion } from './ltx-video-names';
import { checkParameters, parametersOf, renamedNames, renameParameters, type ParameterSource, type RenameRules } from './parameters';
import { openSafetensors } from './safetensors';
import { bytesOf, writeSafetensors } from './safetensors-writer';
import { goldenPath, goldenSource, refusalOf } from './testing';
import { singleFileSet } from './weight-set';

const caseSchema = z.object({
  params: z.object({ map: z.record(z.string(), z.string()), pretend_shapes: z.record(z.string(), z.array(z.number())).optional() }),
});

async function openGolden(file: string) {
  return singleFileSet(await openSafetensors(await goldenSource(file)));
}

async function shapesOf(name: string): Promise<Map<string, readonly number[]>> {
  const { tensors } = await openGolden(`${name}/weights_original.safetensors`);
  const { params } = caseSchema.parse(JSON.parse(await readFile(goldenPath(`${name}/case.json`), 'utf8')));
  const shapes = new Map([...tensors].map(([tensor, entry]): [string, readonly number[]] => [tensor, entry.shape]));
  for (const [tensor, shape] of Object.entries(params.pretend_shapes ?? {})) shapes.set(tensor, shape);
  return shapes;
}

describe('LTX-Video single-file names', { timeout: 60_000 }, () => {
  const cases: [name: string, rules: RenameRules, converted: string][] = [
    ['ltx_transformer_single_file', LTX_TRANSFORMER_NAMES, 'ltx_transformer/weights'],
    ['ltx_vae_090_single_file', ltxVaeNames('0.9.0'), 'ltx_vae_090_single_file/weights_converted'],
    ['ltx_vae_091_single_file', ltxVaeNames('0.9.1'), 'ltx_vae_091_single_file/weights_converted'],
    ['ltx_vae_095_single_file', ltxVaeNames('0.9.5'), 'ltx_vae_095/weights'],
  ];
  it.each(cases)('%s: every name and every number as in the reference', async (name, rules, converted) => {
    const { params } = caseSchema.parse(JSON.parse(await readFile(goldenPath(`${name}/case.json`), 'utf8')));
    const original = parametersOf(await openGolden(`${name}/weights_original.safetensors`));
    const mapped = new Map([...renamedNames(original.names(), rules, name)].map(([to, from]) => [from, to]));
    expect(Object.fromEntries([...mapped].sort())).toEqual(Object.fromEntries(Object.entries(params.map).sort()));

    const renamed = renameParameters(original, rules);
    const expected = parametersOf(await openGolden(`${converted}.safetensors`));
    checkParameters(renamed, new Map([...expected.names()].map((tensor) => [tensor, expected.shape(tensor)])));
    const differing: string[] = [];
    for (const tensor of expected.names()) {
      // Compared as bytes: toEqual on a million numbers takes seconds.
      const [found, wanted] = [await renamed.read(tensor), await expected.read(tensor)];
      if (found.dtype !== wanted.dtype || !Buffer.from(found.bytes).equals(wanted.bytes)) differing.push(tensor);
    }
    expect(differing).toEqual([]);
  });

  it('tells the VAE versions apart', async () => {
    expect(ltxVaeVersion(await shapesOf('ltx_vae_090_single_file'))).toBe('0.9.0');
    expect(ltxVaeVersion(await shapesOf('ltx_vae_091_single_file'))).toBe('0.9.1');
    expect(ltxVaeVersion(await shapesOf('ltx_vae_095_single_file'))).toBe('0.9.5');
    expect(ltxVaeVersion(await shapesOf('ltx_transformer_single_file'))).toBeUndefined();
  });
});

describe('inspectWeights', () => {
  it('recognises the models of the reference files', async () => {
    const kinds = async (file: string) => inspectWeights(await openGolden(file)).architectures;
    expect(await kinds('ltx_transformer_single_file/weights_original.safetensors')).toEqual([
      { kind: 'ltx-transformer', naming: 'official' },
    ]);
    expect(await kinds('ltx_transformer/weights.safetensors')).toEqual([{ kind: 'ltx-transformer', naming: 'diffusers' }]);
    expect(await kinds('ltx_vae_091_single_file/weights_original.safetensors')).toEqual([
      { kind: 'ltx-vae', naming: 'official', version: '0.9.1' },
    ]);
    expect(await kinds('ltx_vae_095/weights.safetensors')).toEqual([{ kind: 'ltx-vae', naming: 'diffusers' }]);
    expect(await kinds('tokenizer_t5/io.safetensors')).toEqual([]);
  });

  it('sums up elements and bytes', async () => {
    const summary = inspectWeights(await openGolden('ltx_transformer/weights.safetensors'));
    expect(summary.bytes).toBe(summary.parameters * 4);
    expect(summary.dtypes).toEqual([
      { dtype: 'F32', tensors: summary.tensors.length, parameters: summary.parameters, bytes: summary.bytes },
    ]);
  });
});

async function small(values: Record<string, number[]>): Promise<ParameterSource> {
  const tensors = new Map(
    Object.entries(values).map(([name, numbers]) => [
      name,
      { dtype: 'F32', shape: [numbers.length], bytes: bytesOf(Float32Array.from(numbers)) } as const,
    ]),
  );
  return parametersOf(await openSafetensors(memorySource(writeSafetensors(tensors), 'small.safetensors')));
}

describe('renaming', () => {
  it('reads a name once: no rule acts on what another wrote', async () => {
    const source = await small({ 'x.a.b.1': [1], 'x.a.c': [2], 'x.drop.me': [3], other: [4] });
    const renamed = renameParameters(source, {
      prefixes: ['y.', 'x.'],
      rules: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
        { from: 'a.b', to: 'c.b' },
        { from: 'c', to: 'a.b' },
      ],
      drop: ['drop.'],
    });
    expect([...renamed.names()].sort()).toEqual(['b.a.b', 'c.b.1']);
    expect(await renamed.load('c.b.1')).toEqual(Float32Array.of(1));
    expect(renamed.has('x.a.c')).toBe(false);
    expect(() => renamed.shape('x.a.c')).toThrow(/no tensor x.a.c/);
    await expect(renamed.load('nowhere')).rejects.toThrow(AiprodError);
  });

  it('refuses two names that become one', async () => {
    const source = await small({ 'q_norm.w': [1], 'norm_q.w': [2] });
    expect(() => renameParameters(source, LTX_TRANSFORMER_NAMES)).toThrow(/two tensors stand for norm_q.w/);
  });
});

describe('checkParameters', () => {
  it('reports everything in one error, ten names of each kind', async () => {
    const source = await small({ a: [1, 2], b: [1], extra: [0], position_ids: [0] });
    const wanted = new Map<string, number[]>([
      ['a', [3]],
      ['b', [1]],
    ]);
    for (let k = 0; k < 12; k++) wanted.set(`blocks.${k}.weight`, [4, 4]);
    const check = (): void => checkParameters(source, wanted, (name) => name === 'position_ids');
    expect(check).toThrow(
      /12 missing: blocks\.0\.weight.*blocks\.9\.weight, and 2 more; 1 unexpected: extra; 1 with another shape: a is \[2\] instead of \[3\]/,
    );
    expect(() =>
      checkParameters(
        source,
        new Map([
          ['a', [2]],
          ['b', [1]],
        ]),
        () => true,
      ),
    ).not.toThrow();
  });

  it('refuses weights that are not numbers when they are loaded', async () => {
    const source = await small({ a: [1, NaN] });
    const error = await refusalOf(source.load('a'));
    expect(error.code).toBe('not-finite');
    expect(error.message).toContain('small.safetensors: weight a holds NaN at index 1');
  });
});
