import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadOnnxRuntime } from '../node';
import type { TokenizerFiles } from '../tokenizers';
import { openOnnxEncoder } from './open-onnx-encoder';
import { onnxEncoderDifference } from './testing';

const folder = fileURLToPath(new URL('../../../fixtures/onnx-encoder/', import.meta.url));

async function read(file: string): Promise<Buffer | undefined> {
  return ['model.onnx', 'tokenizer.json', 'expected.json'].includes(file) ? readFile(`${folder}${file}`) : undefined;
}

const files: TokenizerFiles = {
  name: 'onnx-encoder',
  readText: async (file) => (await read(file))?.toString('utf8'),
  readBytes: read,
};

const oneFile = (bytes: Uint8Array): TokenizerFiles => ({
  ...files,
  readBytes: (file) => (file === 'model.onnx' ? Promise.resolve(bytes) : files.readBytes(file)),
});

describe('text encoders in ONNX form', { timeout: 60_000 }, () => {
  it('give what onnxruntime gives', async () => {
    expect(await onnxEncoderDifference(files, await loadOnnxRuntime())).toBeLessThan(2e-5);
  });

  it('do not read padding, and stop when asked to', async () => {
    const encoder = await openOnnxEncoder(files, await loadOnnxRuntime(), { maxLength: 12 });
    const longer = await openOnnxEncoder(files, await loadOnnxRuntime(), { maxLength: 20 });
    const [short, long] = [await encoder.encode(['a red panda']), await longer.encode(['a red panda'])];
    const tokens = short.mask.reduce((sum, value) => sum + value, 0);
    for (let k = 0; k < tokens * short.width; k++) expect(short.states[k]).toBeCloseTo(long.states[k], 4);
    await expect(encoder.encode(['a'], AbortSignal.abort())).rejects.toThrow(/abort/i);
    await encoder.close();
    await longer.close();
  });

  it('are refused in words', async () => {
    const runtime = await loadOnnxRuntime();
    const bytes = (await read('model.onnx')) ?? Buffer.alloc(0);
    await expect(openOnnxEncoder({ ...files, readBytes: () => Promise.resolve(undefined) }, runtime)).rejects.toThrow(/model is not there/);
    await expect(openOnnxEncoder(oneFile(bytes.subarray(0, 2000)), runtime)).rejects.toThrow(/does not take the model/);
    await expect(openOnnxEncoder(files, runtime, { output: 'pooled' })).rejects.toThrow(/expected pooled; found last_hidden_state/);
    const other = Buffer.from(bytes.toString('latin1').replaceAll('attention_mask', 'attention_musk'), 'latin1');
    await expect(openOnnxEncoder(oneFile(other), runtime)).rejects.toThrow(/attention_musk of int64/);
  });
});
