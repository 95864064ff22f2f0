import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runAiprod, type Ended } from '../../src/cli/testing/run-script';
import type { DecodedEncoding } from '../../src/graph';
import {
  checkParameters,
  openWeightSet,
  parametersOf,
  renameParameters,
  LTX_TRANSFORMER_NAMES,
  type GgufValue,
  type WeightSet,
} from '../../src/weights';
import { openNodeFolder } from '../../src/weights/node';
import { randomCheckpoint, type Component } from './checkpoint';
import { layouts, similarities } from './layouts';

const checkpoint = randomCheckpoint(1);
let folder = '';
const open: WeightSet[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-pack-'));
  for (const [from, to] of [
    ['transformer-safetensors-f32', 'model/transformer'],
    ['vae-safetensors-f32', 'model/vae'],
    ['transformer-gguf-q8_0', 'gguf'],
    ['text_encoder-gguf-q8_0', 't5'],
  ]) {
    for (const [path, bytes] of filesOf(from)) put(join(to, path), bytes);
  }
  put('model/model_index.json', Buffer.from('{"_class_name":"LTXPipeline"}'));
});
afterAll(async () => {
  for (const set of open) await set.close();
  rmSync(folder, { recursive: true, force: true });
});

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
}

function component(name: 'transformer' | 'vae'): Component {
  const found = checkpoint.get(name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function filesOf(name: string): Map<string, Uint8Array> {
  const layout = layouts.find((candidate) => candidate.name === name);
  const source = checkpoint.get(layout?.component ?? 'vae');
  if (layout === undefined || source === undefined) throw new Error(`no layout ${name}`);
  return layout.write(source, layout.encode(source));
}

const pack = (...args: string[]): Promise<Ended> => runAiprod(['models', 'pack', ...args], { cwd: folder });

async function opened(file: string): Promise<WeightSet> {
  const set = await openWeightSet(await openNodeFolder(folder), file);
  open.push(set);
  return set;
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, k) => sum + value * y[k], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

const blocks = (encoding: DecodedEncoding): boolean => /^q/.test(encoding);
const transformerFile = 'model/transformer/diffusion_pytorch_model.safetensors';

describe('aiprod models pack', { timeout: 120_000 }, () => {
  it.each<DecodedEncoding>(['int8', 'int4', 'fp8_e4m3', 'q4_k', 'q6_k'])(
    'packs a transformer in %s that computes as before',
    async (encoding) => {
      const out = `${encoding}.${blocks(encoding) ? 'gguf' : 'safetensors'}`;
      const ended = await pack(transformerFile, '--encoding', encoding, '--out', out, '--json');
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      const before = readFileSync(join(folder, transformerFile));
      const bytes = readFileSync(join(folder, out));
      expect(bytes.length).toBeLessThan(before.length / 2);

      const { weights, run } = component('transformer');
      const set = await opened(out);
      const source = parametersOf(set);
      checkParameters(source, new Map([...weights].map(([name, { shape }]) => [name, shape])));
      expect(source.encoding('transformer_blocks.0.attn1.to_q.weight')?.encoding).toBe(encoding);
      expect(set.metadata.get('aiprod.encoding')).toBe(encoding);
      const [expected, output] = [
        await run((name) => weights.get(name)?.values ?? new Float32Array()),
        await run((name) => source.load(name)),
      ];
      expect(cosine(output, expected)).toBeGreaterThan(similarities[encoding]);
    },
  );

  it('packs a folder into a folder, each part a file', async () => {
    expect(await pack('model', '--out', 'packed')).toMatchObject({ code: 0 });
    expect(readdirSync(join(folder, 'packed')).sort()).toEqual(['model_index.json', 'transformer', 'vae']);
    const vae = parametersOf(await opened('packed/vae/model.safetensors'));
    checkParameters(vae, new Map([...component('vae').weights].map(([name, { shape }]) => [name, shape])));
  });

  it('packs GGUF again: names stay, and so do the types of what it says of the model', async () => {
    expect(await pack('gguf/model-Q8_0.gguf', '--encoding', 'q4_k', '--out', 'again.gguf')).toMatchObject({ code: 0 });
    const again = await opened('again.gguf');
    expect(again.metadata.get('general.architecture')).toBe('ltxv');
    const source = renameParameters(parametersOf(again), LTX_TRANSFORMER_NAMES);
    const { weights } = component('transformer');
    checkParameters(source, new Map([...weights].map(([name, { shape }]) => [name, shape])));
    expect(await pack('t5/model-Q8_0.gguf', '--encoding', 'q5_k', '--out', 't5.gguf')).toMatchObject({ code: 0 });
    const [before, after] = [await opened('t5/model-Q8_0.gguf'), await opened('t5.gguf')];
    const values = before.files[0].values ?? new Map<string, GgufValue>();
    expect(values.size).toBeGreaterThan(5);
    for (const [key, value] of values) expect(after.files[0].values?.get(key), key).toEqual(value);
  });

  it('refuses to write over what is there, its input first of all, and leaves it alone', async () => {
    const before = readFileSync(join(folder, transformerFile));
    for (const [from, out, message] of [
      [transformerFile, transformerFile, /something at --out already/],
      ['model', 'model', /something at --out already/],
      [transformerFile, 'x.gguf', /packed into a \.safetensors file/],
      [transformerFile, 'nowhere/x.safetensors', /cannot be written/],
      ['nothing', 'x.safetensors', /no such model/],
    ] as const) {
      const ended = await pack(from, '--out', out);
      expect(ended.code, ended.stderr).toBe(2);
      expect(ended.stderr).toMatch(message);
    }
    expect(readFileSync(join(folder, transformerFile)).equals(before)).toBe(true);
    expect(existsSync(join(folder, 'x.gguf'))).toBe(false);
    expect(readdirSync(folder).filter((file) => file.includes('partial'))).toEqual([]);
  });
});
