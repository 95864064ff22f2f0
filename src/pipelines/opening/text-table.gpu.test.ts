import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GpuContext } from '../../gpu';
import { compileGraph, evaluateGraph, ParameterStore, ProgramInstance, storeParametersAs, type Graph } from '../../graph';
import { testContext, testValues } from '../../graph/testing';
import { buildTextEncoderGraph, parameterShapes, parseTextEncoderConfig } from '../../models';
import { encodings } from '../../numeric/quantized';
import { relativeL2 } from '../../numeric/testing/relative-l2';
import {
  bytesOf,
  ggufOfEncoded,
  ggufT5Names,
  renamedNames,
  writeGguf,
  writeSafetensors,
  type FileTree,
  type GgufTensorToWrite,
  type GgufValueToWrite,
  type TensorToWrite,
} from '../../weights';
import { openNodeFolder } from '../../weights/node';
import { weightAccess } from './component-weights';
import { openTextEncoder, type OpenTextEncoder } from './model-parts';

const fields = { vocab_size: 600, d_model: 64, d_ff: 128, num_layers: 2, num_heads: 2, d_kv: 32 };
const config = parseTextEncoderConfig({ ...fields, model_type: 't5', feed_forward_proj: 'gated-gelu' }, 'test');
const length = 8;
const inputs = { input_ids: Int32Array.of(3, 599, 17, 3, 250, 1, 0, 0), attention_mask: Float32Array.of(1, 1, 1, 1, 1, 1, 0, 0) };
const distinct = new Set(inputs.input_ids).size;
const { graph: plainGraph } = buildTextEncoderGraph(config, { batch: 1, length, masked: true });

const weights = Array.from(parameterShapes(plainGraph), ([name, shape], seed) => {
  const count = shape.reduce((product, size) => product * size, 1);
  return { name, shape, values: testValues(count, seed + 1).map((value) => value * (shape.length === 2 ? shape[1] ** -0.5 : 1)) };
});

/** Most bytes of a binding, by kind of file: the table, of 153,600 bytes in f32 and 40,800 in q8_0, does not fit, all else does. */
const bindings = { safetensors: 40_000, gguf: 16_384 };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-text-table-'));
  await writeFile(join(folder, 'vocab.json'), JSON.stringify(['<pad>', '</s>', '<unk>', 'a']));
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ model_max_length: 16 }));
  await writeFile(join(folder, 'encoder.safetensors'), safetensorsFile());
  await writeFile(join(folder, 'encoder.gguf'), ggufFile());
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

function safetensorsFile(): Uint8Array {
  const tensors = weights.map(({ name, shape, values }): [string, TensorToWrite] => [
    name,
    { dtype: 'F32', shape, bytes: bytesOf(values) },
  ]);
  return writeSafetensors(new Map(tensors));
}

/** As llama.cpp names and quantises an encoder. */
function ggufFile(): Uint8Array {
  const { rules } = ggufT5Names(['enc.blk.0.ffn_gate.weight']);
  const backwards = { prefixes: [''], rules: rules.map(({ from, to }) => ({ from: to, to: from })) };
  const names = renamedNames(
    weights.map(({ name }) => name),
    backwards,
    'test',
  );
  const originals = new Map([...names].map(([original, name]) => [name, original]));
  const tensors = weights.map(({ name, shape, values }): [string, GgufTensorToWrite] => {
    const encoding = shape.length === 2 && shape[1] % 32 === 0 ? 'q8_0' : 'f32';
    return [
      originals.get(name) ?? name,
      ggufOfEncoded(name, { encoding, shape, ...encodings[encoding].encode(values, shape.at(-1) ?? 1) }),
    ];
  });
  const numbers = {
    ...{ embedding_length: 64, feed_forward_length: 128, block_count: 2 },
    ...{ 'attention.head_count': 2, 'attention.key_length': 32, 'attention.relative_buckets_count': 32 },
  };
  const values = Object.entries(numbers).map(([key, value]): [string, GgufValueToWrite] => [`t5encoder.${key}`, { type: 'u32', value }]);
  values.push(['t5encoder.attention.layer_norm_rms_epsilon', { type: 'f32', value: 1e-6 }]);
  return writeGguf(new Map(tensors), { architecture: 't5encoder', values: new Map(values) });
}

/** Notes what is read of every file. */
function watched(tree: FileTree, reads: [offset: number, length: number][]): FileTree {
  return {
    ...tree,
    async open(path) {
      const source = await tree.open(path);
      if (source === undefined) return undefined;
      const read = async (offset: number, count: number) => {
        reads.push([offset, count]);
        return source.read(offset, count);
      };
      return { ...source, read };
    },
  };
}

async function statesOf(graph: Graph, encoder: OpenTextEncoder, context: GpuContext): Promise<ArrayLike<number>> {
  const { reader } = weightAccess<'text_encoder'>(() => Promise.resolve(encoder.source));
  const parameters = new ParameterStore(context, reader('text_encoder'));
  const instance = await ProgramInstance.create(compileGraph(graph, context), context, parameters);
  try {
    return (await instance.run(inputs)).get('last_hidden_state')?.data ?? [];
  } finally {
    instance.destroy();
    parameters.destroy();
  }
}

describe('a T5 whose table of embeddings no binding holds', { timeout: 120_000 }, () => {
  it.each(['safetensors', 'gguf'] as const)('reads the rows of its prompt alone from %s, and computes the same bits', async (kind) => {
    const reads: [number, number][] = [];
    const tree = watched(await openNodeFolder(folder), reads);
    const encoder = await openTextEncoder({ tree, path: `encoder.${kind}` }, []);
    try {
      const { source, set } = encoder;
      const isBlocks = ({ name }: { readonly name: string }): boolean => source.encoding(name)?.encoding === 'q8_0';
      const graph = storeParametersAs(plainGraph, (parameter) => (isBlocks(parameter) ? { encoding: 'q8_0' } : undefined));
      const table = set.tensors.get(kind === 'gguf' ? 'token_embd.weight' : 'shared.weight');
      if (table === undefined) throw new Error('no table');
      const context = await testContext();
      const limited = { ...context, capabilities: { ...context.capabilities, maxBindingBytes: bindings[kind] } };
      expect(table.byteLength).toBeGreaterThan(bindings[kind]);
      const gathered = await statesOf(graph, encoder, limited);
      const ofTable = reads.filter(([offset]) => offset >= table.byteOffset && offset < table.byteOffset + table.byteLength);
      expect(ofTable.reduce((sum, [, count]) => sum + count, 0)).toBe((distinct * table.byteLength) / fields.vocab_size);

      expect(gathered).toEqual(await statesOf(graph, encoder, context));
      const reference = (await evaluateGraph(plainGraph, inputs, (name) => source.load(name))).get('last_hidden_state')?.data ?? [];
      expect(relativeL2(Float32Array.from(gathered), Float32Array.from(reference))).toBeLessThan(1e-5);
    } finally {
      await encoder.set.close();
    }
  });
});
