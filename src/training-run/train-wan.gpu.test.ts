import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPrecomputedSet } from '../data';
import { openLocalSource } from '../data/node';
import { testContext } from '../graph/testing';
import { encodePng } from '../media/node';
import { testPicture } from '../media/testing';
import { openVideoModel, type VideoModel } from '../pipelines';
import { openNodeFolder } from '../weights/node';
import { loadTrainingConfig, runTraining, sampleFolders } from '.';
import { clipOf, clipOfLora, writeImageSet } from './testing';

let folder = '';
let model: VideoModel;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-wan-'));
  const script = fileURLToPath(new URL('../../tools/tiny-wan/write-folder.mjs', import.meta.url));
  execFileSync(process.execPath, [script, join(folder, 'model'), 'image-to-video']);
  writeImageSet(join(folder, 'set'));
  for (const seed of [1, 2]) writeFileSync(join(folder, `${seed}.png`), encodePng(testPicture(48, 32, seed).rgba, 48, 32));
  model = await openVideoModel({ checkpoint: { tree: await openNodeFolder(join(folder, 'model')), path: '' } }, 'tiny');
});
afterAll(async () => {
  await model.close();
  rmSync(folder, { recursive: true, force: true });
});

it('trains Wan 2.1 of image to video, whose validation clip begins with the image of its prompt and is made again with the LoRA', async () => {
  const path = join(folder, 'train.yaml');
  const image = (seed: number): string => JSON.stringify(join(folder, `${seed}.png`));
  const size = 'width: 32, height: 32, frames: 5, inference_steps: 1, guidance_scale: 1';
  const sections = {
    version: '2',
    model: JSON.stringify({ path: join(folder, 'model') }),
    lora: '{ rank: 2, alpha: 2, target_modules: [attn2.to_q, add_k_proj, add_v_proj] }',
    optimization: '{ steps: 2, batch_size: 1, learning_rate: 0.3, schedule: { type: constant } }',
    acceleration: '{ mixed_precision_mode: "no" }',
    data: JSON.stringify({ preprocessed_data_root: join(folder, 'set') }),
    validation: `{ interval: 0, prompts: [a ball bounces, a ball bounces], images: [${image(1)}, ${image(2)}], ${size} }`,
    output_dir: JSON.stringify(join(folder, 'run')),
  };
  const text = Object.entries(sections).map(([name, section]) => `${name}: ${section}`);
  writeFileSync(path, text.join('\n'));
  const config = await loadTrainingConfig(path, {});
  const context = await testContext();
  const { output, failedValidations } = await runTraining({
    config,
    model,
    modelPath: config.settings.model.path,
    set: await openPrecomputedSet(await openLocalSource(join(folder, 'set')), sampleFolders(config.settings, model)),
    context,
    resume: false,
    generator: 'a test',
    signal: new AbortController().signal,
    onProgress: () => undefined,
    onNote: () => undefined,
  });
  expect(failedValidations).toBe(0);
  const [first, second] = await Promise.all(['0', '1'].map((name) => clipOf(join(folder, 'run', 'samples', 'step-000002', `${name}.mp4`))));
  expect(first.frames).toHaveLength(5);
  expect(first.frames).not.toEqual(second.frames);

  const request = { model, settings: config.settings.validation, context };
  expect((await clipOfLora(output, 1, request)).frames).toEqual(first.frames);
  expect((await clipOfLora(output, 0, request)).frames).not.toEqual(first.frames);
  const unshown = { ...request, settings: { ...config.settings.validation, images: [] } };
  await expect(clipOfLora(output, 1, unshown)).rejects.toThrow(/validation clips of this model begin with an image.*validation\.images/);
});
