import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testAdapter } from '../gpu/testing';
import { readRecipe } from '../media';
import { parseRecipe } from '../pipelines';
import { emptyProject, writeProjectArchive, zipBlob, type Project } from '../project';
import { memorySource, openSafetensors, toFloat32 } from '../weights';
import { root, runAiprod, type Ended, type RunOptions } from './testing/run-script';

/** The command as a person runs it: a process with arguments, streams and an exit code. */

const prompt = 'a red ball moves to the left on a white background';
let folder = '';

const aiprod = (args: readonly string[], { env, onStderr }: Pick<RunOptions, 'env' | 'onStderr'> = {}): Promise<Ended> =>
  runAiprod(args, { cwd: folder, env: { AIPROD_DEVICE: testAdapter(), ...env }, onStderr });

async function latentsOf(path: string): Promise<Float32Array> {
  const file = await openSafetensors(memorySource(new Uint8Array(readFileSync(path)), path));
  return toFloat32(await file.readTensor('latents'));
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const made = z.object({
  out: z.string(),
  memory: z.object({ forecastBytes: z.number(), peakBytes: z.number() }),
});

describe('aiprod generate', () => {
  it('makes an MP4 with its recipe, says so in JSON, and takes the memory it forecast', async () => {
    const ended = await aiprod([
      'generate',
      '--prompt',
      prompt,
      '--out',
      'one.mp4',
      '--steps',
      '3',
      '--save-latents',
      'one.safetensors',
      '--json',
      '--progress',
      'json',
    ]);
    expect(ended.code, ended.stderr).toBe(0);
    const { memory } = made.parse(JSON.parse(ended.stdout));
    expect(Math.abs(memory.peakBytes / memory.forecastBytes - 1)).toBeLessThan(0.05);
    const recipe = parseRecipe(await readRecipe(new Uint8Array(readFileSync(join(folder, 'one.mp4')))), 'one.mp4');
    expect(recipe.job).toMatchObject({ prompt, steps: 3, seed: 0 });
    expect(Object.values(recipe.model.files).every((hash) => /^sha256:[0-9a-f]{64}$/.test(hash))).toBe(true);
    const events = ended.stderr
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(events).toContainEqual(expect.objectContaining({ stage: 'denoise', step: 3, steps: 3 }));
    expect(existsSync(join(folder, 'one.mp4.resume'))).toBe(false);
  });

  it('leaves a state on SIGINT from which the same clip comes out', async () => {
    let sent = false;
    const arguments_ = [
      'generate',
      '--prompt',
      prompt,
      '--out',
      'two.mp4',
      '--steps',
      '3',
      '--save-latents',
      'two.safetensors',
      '--progress',
      'json',
    ];
    const stopped = await aiprod(arguments_, {
      onStderr(text, interrupt) {
        if (sent || !text.includes('"step":1,"steps":3')) return;
        sent = true;
        interrupt();
      },
    });
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(stopped.stderr).toContain('--resume');
    expect(existsSync(join(folder, 'two.mp4'))).toBe(false);
    const resumed = await aiprod(['generate', '--resume', 'two.mp4.resume', '--save-latents', 'two.safetensors']);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect([...(await latentsOf(join(folder, 'two.safetensors')))]).toEqual([...(await latentsOf(join(folder, 'one.safetensors')))]);
    expect(existsSync(join(folder, 'two.mp4.resume'))).toBe(false);
  });

  it('makes again what a recipe says', async () => {
    const ended = await aiprod(['generate', '--recipe', 'one.mp4', '--out', 'again.y4m', '--save-latents', 'again.safetensors']);
    expect(ended.code, ended.stderr).toBe(0);
    expect([...(await latentsOf(join(folder, 'again.safetensors')))]).toEqual([...(await latentsOf(join(folder, 'one.safetensors')))]);
  });

  it('makes what the form of a project describes, of an image that the project holds', async () => {
    const image = readFileSync(join(root, 'public', 'icons', 'icon-192.png'));
    const fingerprint = `sha256:${createHash('sha256').update(image).digest('hex')}`;
    const files = [{ name: 'a photo.png', fingerprint, bytes: image.length }];
    const job = {
      prompt,
      steps: 1,
      seed: 3,
      width: 32,
      height: 32,
      frames: 5,
      pipeline: 'image-to-video',
      conditions: [{ file: 'a photo.png' }],
    };
    const project = emptyProject('p', 'Kite', { width: 64, height: 64, rate: { numerator: 24, denominator: 1 } });
    const save = async (name: string, compose: Project['compose']): Promise<void> => {
      const pieces = writeProjectArchive({ ...project, compose }, async () => zipBlob(new Blob([image])));
      const parts: Uint8Array[] = [];
      for await (const piece of pieces) parts.push(piece);
      writeFileSync(join(folder, name), Buffer.concat(parts));
    };
    await save('kite.aiprod', { job, files });
    const ended = await aiprod(['generate', '--project', 'kite.aiprod', '--seed', '4', '--out', 'kite.mp4']);
    expect(ended.code, ended.stderr).toBe(0);
    const recipe = parseRecipe(await readRecipe(new Uint8Array(readFileSync(join(folder, 'kite.mp4')))), 'kite.mp4');
    expect(recipe).toMatchObject({ job: { ...job, seed: 4 }, inputs: { 'a photo.png': fingerprint } });
    await save('empty.aiprod', {});
    const empty = await aiprod(['generate', '--project', 'empty.aiprod', '--out', 'empty.mp4']);
    expect(empty.code).toBe(2);
    expect(empty.stderr).toContain('the form of this project makes no clip');
  });

  it('reads a config file below environment and flags', async () => {
    writeFileSync(join(folder, 'config.yaml'), 'steps: 1\nseed: 7\ncfg: 2\n');
    const ended = await aiprod(['generate', '--config', 'config.yaml', '--prompt', prompt, '--seed', '9', '--out', 'config.gif', '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    const recipe = parseRecipe(await readRecipe(new Uint8Array(readFileSync(join(folder, 'config.gif')))), 'config.gif');
    expect(recipe.job).toMatchObject({ steps: 1, seed: 9, guidanceScale: 2 });
  });

  const refusals: readonly (readonly [what: string, args: readonly string[], code: number, message: RegExp])[] = [
    ['no prompt', ['--out', 'x.mp4'], 2, /no prompt/],
    ['an empty prompt', ['--prompt', '   ', '--out', 'x.mp4'], 2, /prompt is empty/],
    ['a 10,000-character prompt', ['--prompt', 'a '.repeat(5000), '--out', 'x.mp4'], 2, /prompt/],
    ['no place to go', ['--prompt', prompt], 2, /--out/],
    ['an unknown format', ['--prompt', prompt, '--out', 'x.avi'], 2, /\.mp4/],
    ['a size that does not divide', ['--prompt', prompt, '--out', 'x.mp4', '--width', '70'], 2, /multiples of \d+.*--width 64/s],
    ['frames that do not fit', ['--prompt', prompt, '--out', 'x.mp4', '--frames', '16'], 2, /--frames 17/],
    ['a number that is none', ['--prompt', prompt, '--out', 'x.mp4', '--steps', 'many'], 2, /whole number/],
    ['an unknown flag', ['--prompt', prompt, '--out', 'x.mp4', '--sharpness', '3'], 2, /unknown option/],
    ['a missing model', ['--prompt', prompt, '--out', 'x.mp4', '--model', 'no-such-folder'], 2, /no-such-folder/],
    ['an output folder that is not there', ['--prompt', prompt, '--out', 'nowhere/x.mp4'], 2, /nowhere/],
    ['an adapter that is not there', ['--prompt', prompt, '--out', 'x.mp4', '--device', 'voodoo2'], 3, /voodoo2/],
    ['too small a budget', ['--prompt', prompt, '--out', 'x.mp4', '--memory-budget', '1MB'], 3, /memory budget/],
  ];
  it.each(refusals)('refuses %s in words', async (_, args, code, message) => {
    const before = readdirSync(folder).sort();
    const ended = await aiprod(['generate', ...args]);
    expect(ended.code, ended.stderr).toBe(code);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  describe('with broken weights', () => {
    const weights = 'transformer/diffusion_pytorch_model.safetensors';
    const withModel = (name: string, breakIt: (file: string) => void): string => {
      const copy = join(folder, name);
      cpSync(join(root, 'public', 'models', 'embedded'), copy, { recursive: true });
      breakIt(join(copy, weights));
      return copy;
    };

    it.each([
      ['cut off', (file: string) => truncateSync(file, 100_000), /transformer/],
      [
        'a header that lies about its length',
        (file: string) => overwrite(file, 0, Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127)),
        /header/,
      ],
      ['a NaN', (file: string) => overwriteEnd(file, Uint8Array.of(0x00, 0x7e)), /NaN|finite/i],
    ] as const)('%s: typed error, exit 2, nothing written', async (name, breakIt, message) => {
      const model = withModel(`model ${name}`, breakIt);
      const ended = await aiprod(['generate', '--prompt', prompt, '--model', model, '--out', 'broken.mp4', '--steps', '1']);
      expect(ended.code, ended.stderr).toBe(2);
      expect(ended.stderr).toMatch(message);
      expect(readdirSync(folder).filter((file) => file.startsWith('broken'))).toEqual([]);
    });
  });
});

function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const content = readFileSync(file);
  content.set(bytes, at);
  writeFileSync(file, content);
}

function overwriteEnd(file: string, bytes: Uint8Array): void {
  overwrite(file, readFileSync(file).length - bytes.length, bytes);
}

const doctorReport = z.object({
  adapter: z.object({ isSoftware: z.boolean() }),
  features: z.object({ f16: z.boolean() }),
  limits: z.record(z.string(), z.number()),
  forecast: z.object({ totalBytes: z.number(), weightBytes: z.number() }),
  formats: z.array(z.object({ format: z.string(), available: z.boolean() })),
});

describe('other commands', () => {
  const golden = (name: string): string => join(root, 'fixtures', 'golden', name);

  it('verify passes on reference data and fails on data that was tampered with', async () => {
    const good = await aiprod(['verify', golden('sched_fm_shift3'), golden('op_norms'), golden('t5_encoder')]);
    expect(good.code, good.stderr).toBe(0);
    expect(good.stdout).toMatch(/sched_fm_shift3\/\S+ {2}abs .* pass/);
    const copy = join(folder, 'op_norms');
    cpSync(golden('op_norms'), copy, { recursive: true });
    overwriteEnd(join(copy, 'io.safetensors'), Uint8Array.of(0, 0, 0x80, 0x41));
    // What ran is traced of a run that fails, too.
    const trace = join(folder, 'verify.trace.json');
    const bad = await aiprod(['verify', copy, '--trace', trace]);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain('FAIL');
    expect(readFileSync(trace, 'utf8')).toContain('"kernel":"normalization/rows"');
  });

  it('tokenize prints ids', async () => {
    const ended = await aiprod(['tokenize', '--encoder', 'embedded', 'A red ball, quux']);
    expect(ended.code, ended.stderr).toBe(0);
    const ids = z.array(z.number()).parse(JSON.parse(ended.stdout));
    expect(ids).toHaveLength(5);
    expect(ids.slice(3)).toEqual([2, 1]);
  });

  it('models inspect recognises the embedded transformer', async () => {
    const ended = await aiprod(['models', 'inspect', join(root, 'public', 'models', 'embedded', 'transformer'), '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ architectures: [{ kind: 'ltx-transformer', naming: 'diffusers' }] });
  });

  it('doctor tells adapter, features, limits and what fits', async () => {
    const ended = await aiprod(['doctor', '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    const report = doctorReport.parse(JSON.parse(ended.stdout));
    expect(report.adapter.isSoftware).toBe(true);
    expect(report.forecast.totalBytes).toBeGreaterThan(report.forecast.weightBytes);
    expect(report.formats.find((format) => format.format === 'mp4')?.available).toBe(true);
  });
});
