import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPrecomputedSet } from '../data';
import { openLocalSource } from '../data/node';
import { testAdapter } from '../gpu/testing';
import { encodeWav } from '../media';
import { runScript, type Ended } from './testing/run-script';

/** Sounds without a picture from files to an adapter, with an LTX-2 model of random weights, in processes as a person would. */

let folder = '';
const run = (script: string, ...args: string[]): Promise<Ended> =>
  runScript(script, args, { cwd: folder, env: { AIPROD_DEVICE: testAdapter() } });

const config = `
version: 2
model: { path: model }
lora: { rank: 2, alpha: 2, target_modules: [to_q] }
training_strategy: { name: flexible, video: none, audio: generated, audio_conditions: [{ type: mask }] }
optimization: { steps: 2, batch_size: 1, learning_rate: 0.01 }
acceleration: { mixed_precision_mode: "no" }
data: { preprocessed_data_root: set }
preprocess: { dataset: sounds.csv, audio_durations: 0.2;0.4 }
validation: { interval: 0 }
output_dir: run
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-sounds-'));
  const written = await run('tools/tiny-ltx2/write-folder.mjs', 'model', '1');
  expect(written.code, written.stderr).toBe(0);
  for (const [name, seconds] of [
    ['drum', 0.25],
    ['bell', 0.5],
  ] as const) {
    const samples = Float32Array.from({ length: 16_000 * seconds }, (_, k) => 0.4 * Math.sin(k / 6) * Math.exp(-k / 2000));
    writeFileSync(join(folder, `${name}.wav`), encodeWav({ sampleRate: 16_000, channels: [samples] }));
  }
  writeFileSync(join(folder, 'mask.json'), '{ "generated": [[0.1, 0.15]] }');
  writeFileSync(join(folder, 'sounds.csv'), 'audio,audio_mask,caption\ndrum.wav,mask.json,a drum\nbell.wav,mask.json,a ball rings\n');
  writeFileSync(join(folder, 'train.yaml'), config);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('two sounds become samples by their lengths, with masks, and train the layers of the sound', async () => {
  const made = await run('bin/aiprod.mjs', 'preprocess', 'train.yaml', '--dtype', 'f32', '--json');
  expect(made.code, made.stderr).toBe(0);
  expect(JSON.parse(made.stdout)).toMatchObject({ samples: 2, encodedMedia: 2, encodedTexts: 2, rejected: [] });
  const set = await openPrecomputedSet(await openLocalSource(join(folder, 'set')), {
    folders: ['audio_latents', 'audio_masks', 'conditions'],
  });
  expect([0, 1].map((k) => `${set.idOf(k)}: ${set.bucketOf(k)}`)).toEqual([
    'bell: audio_latents 4x10x4, audio_masks 10',
    'drum: audio_latents 4x5x4, audio_masks 5',
  ]);
  expect([...((await set.read(1)).tensors.get('audio_masks')?.data ?? [])]).toEqual([1, 1, 0, 0, 0]);

  const trained = await run('bin/aiprod.mjs', 'train', 'train.yaml', '--json');
  expect(trained.code, trained.stderr).toBe(0);
  expect(JSON.parse(trained.stdout)).toMatchObject({ steps: 2, skipped: [] });
});
