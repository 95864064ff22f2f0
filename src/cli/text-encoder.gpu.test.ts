import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testAdapter } from '../gpu/testing';
import { readRecipeFile } from '../media/node';
import { root, runScript, type Ended } from './testing/run-script';

/** A text encoder in ONNX form before models of LTX-Video and Wan of random weights, in processes as a person would start them. */

const encoder = join(root, 'fixtures', 'onnx-encoder');
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-text-encoder-'));
  const written = await run('tools/tiny-ltx/write-folder.mjs', 'model');
  if (written.code !== 0) throw new Error(written.stderr);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (script: string, ...args: string[]): Promise<Ended> =>
  runScript(script, args, { cwd: folder, env: { AIPROD_DEVICE: testAdapter() } });

const generate = (textEncoder: string, out: string, ...more: string[]) =>
  run(
    'bin/aiprod.mjs',
    ...['generate', '--model', 'model', '--text-encoder', textEncoder, '--prompt', 'a red panda', '--out', out],
    ...['--frames', '1', '--steps', '1', '--dtype', 'f32', ...more],
  );

describe('aiprod generate --text-encoder with an ONNX file', () => {
  it('makes a clip whose recipe names encoder and tokenizer by hash', async () => {
    const made = await generate(encoder, 'clip.gif');
    expect(made.code, made.stderr).toBe(0);
    const recipe = z
      .looseObject({ job: z.looseObject({ textEncoder: z.string() }), model: z.looseObject({ files: z.record(z.string(), z.string()) }) })
      .parse(await readRecipeFile(join(folder, 'clip.gif')));
    expect(recipe.job.textEncoder).toBe(encoder);
    expect(Object.keys(recipe.model.files)).toEqual(
      expect.arrayContaining(['text_encoder/model.onnx', 'text_encoder/tokenizer.json', 'transformer/diffusion_pytorch_model.safetensors']),
    );
  });

  it('makes a clip with a Wan model of its width', async () => {
    const written = await run('tools/tiny-wan/write-folder.mjs', 'wan', 'text-to-video', '32');
    expect(written.code, written.stderr).toBe(0);
    const made = await generate(encoder, 'wan.gif', '--model', 'wan', '--width', '16', '--height', '16');
    expect(made.code, made.stderr).toBe(0);
    const { model } = z
      .looseObject({ model: z.looseObject({ files: z.record(z.string(), z.string()) }) })
      .parse(await readRecipeFile(join(folder, 'wan.gif')));
    expect(Object.keys(model.files)).toContain('text_encoder/model.onnx');
  });

  it('refuses one without a tokenizer, and one of another width', async () => {
    mkdirSync(join(folder, 'bare'));
    copyFileSync(join(encoder, 'model.onnx'), join(folder, 'bare', 'model.onnx'));
    const bare = await generate(join('bare', 'model.onnx'), 'none.gif');
    expect(bare).toMatchObject({ code: 2 });
    expect(bare.stderr).toMatch(/no tokenizer for the text encoder .*tokenizer\.json/);
    const wider = await generate(encoder, 'none.gif', '--model', 'embedded');
    expect(wider).toMatchObject({ code: 2 });
    expect(wider.stderr).toMatch(/does not belong to this transformer \(expected 128 channels; found 32\)/);
    expect(existsSync(join(folder, 'none.gif'))).toBe(false);
  });
});
