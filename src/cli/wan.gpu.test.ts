import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testAdapter } from '../gpu/testing';
import { openVideo } from '../media/node';
import { root, runScript, type Ended } from './testing/run-script';

/** Clips out of Wan models of random weights, made in a process as a person would; in f16 where the adapter has it. */

const picture = join(root, 'docs', 'embedded-model', 'heldout-aiprod.png');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-wan-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (script: string, ...args: string[]): Promise<Ended> =>
  runScript(script, args, { cwd: folder, env: { AIPROD_DEVICE: testAdapter() } });

const generate = (...args: string[]) => run('bin/aiprod.mjs', 'generate', '--prompt', 'a ball bounces', ...args);

async function tinyModel(kind: string): Promise<void> {
  const written = await run('tools/tiny-wan/write-folder.mjs', kind, kind);
  expect(written.code, written.stderr).toBe(0);
}

const small = ['--width', '32', '--height', '32', '--steps', '1'];

describe('aiprod with a Wan model', () => {
  it('text to video makes clips, with a LoRA another', async () => {
    await tinyModel('text-to-video');
    const inspected = await run('bin/aiprod.mjs', 'models', 'inspect', 'text-to-video/transformer');
    expect(inspected.stdout).toContain('wan-transformer (diffusers names)');

    const loras = await run('tools/layouts/write-layouts.mjs', 'loras', '1', 'wan-lora-kijai');
    expect(loras.code, loras.stderr).toBe(0);
    const clip = (name: string, ...args: string[]) =>
      generate(...['--model', 'text-to-video', '--frames', '1', '--out', `${name}.gif`, '--save-frames', name], ...small, ...args);
    const plain = await clip('plain');
    expect(plain.code, plain.stderr).toBe(0);
    const withLora = await clip('with-lora', '--lora', 'loras/wan-lora-kijai:0.5');
    expect(withLora.code, withLora.stderr).toBe(0);
    const [first, second] = ['plain', 'with-lora'].map((frames) => readFileSync(join(folder, frames, 'frame-00000.png')));
    expect(second.equals(first)).toBe(false);
  });

  it('image to video makes an MP4; a model of the one kind does not do the other', async () => {
    await tinyModel('image-to-video');
    const clip = (...args: string[]) => generate('--model', 'image-to-video', '--frames', '5', '--out', 'clip.mp4', ...small, ...args);
    const made = await clip('--image', `${picture}@0`);
    expect(made.code, made.stderr).toBe(0);
    const video = await openVideo(join(folder, 'clip.mp4'));
    expect([video.frameCount, video.width, video.height]).toEqual([5, 32, 32]);
    await video.close();
    const refused = await clip('--pipeline', 'text-to-video');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('does not run the pipeline text-to-video')]);
  });
});
