/** The studio watches a run of `aiprod train`: a real one of a few steps, whose folder then goes on growing. */
import { expect, test, type Page } from '@playwright/test';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { axeFindingsInBothThemes } from './axe';
import { writePrivateFolder, type FolderFiles } from './private-files';

const execute = promisify(execFile);
let folder = '';
/** Paths in the run's folder, and contents in base64. */
let files: FolderFiles = [];

test.beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-training-'));
  const run = join(folder, 'red-balls');
  await execute(process.execPath, ['tools/tiny-ltx/write-folder.mjs', join(folder, 'model')]);
  await execute(process.execPath, ['tools/tiny-ltx/write-noise-set.mjs', join(folder, 'set')]);
  const config = {
    version: 2,
    model: { path: join(folder, 'model'), text_encoder: resolve('fixtures/onnx-encoder') },
    lora: { rank: 4, alpha: 4 },
    optimization: { steps: 4, batch_size: 2, learning_rate: 0.001 },
    data: { preprocessed_data_root: join(folder, 'set') },
    validation: { prompts: ['a red panda', 'a blue bird'], interval: 0, width: 64, height: 64, frames: 9, inference_steps: 1 },
    output_dir: run,
  };
  await writeFile(join(folder, 'run.json'), JSON.stringify(config));
  await execute(process.execPath, ['bin/aiprod.mjs', 'train', join(folder, 'run.json')]);
  const entries = await readdir(run, { recursive: true, withFileTypes: true });
  files = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && /jsonl|config|mp4/.test(entry.name))
      .map(
        async ({ parentPath, name }) => [relative(run, join(parentPath, name)), await readFile(join(parentPath, name), 'base64')] as const,
      ),
  );
});
test.afterAll(() => rm(folder, { recursive: true, force: true }));

/** Puts the run into the private file system; its folder is what the person picks next. */
async function offerRun(page: Page): Promise<void> {
  await page.addInitScript(() => {
    window.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('red-balls');
  });
  await page.goto('./');
  await writePrivateFolder(page, 'red-balls', files);
  await page.getByRole('button', { name: 'Train' }).click();
}

test('shows curves and validation clips of a run, and follows it', async ({ page }) => {
  await offerRun(page);
  await page.getByRole('button', { name: 'Open a run’s folder' }).click();
  await expect(page.getByRole('heading', { name: 'red-balls' })).toBeVisible();
  const loss = page.getByRole('img', { name: /^Loss: from .* at step 1 to .* at step 4/ });
  await expect(loss.locator('canvas')).toBeVisible();
  await expect(page.getByRole('img', { name: /^Learning rate: / })).toBeVisible();
  // Named by the recipes inside the files.
  await expect(page.getByRole('rowheader', { name: 'a red panda' })).toBeVisible();
  await expect(page.getByRole('rowheader', { name: 'a blue bird' })).toBeVisible();
  const clips = page.locator('video');
  const made = files.filter(([path]) => path.endsWith('.mp4')).length;
  expect(made).toBeGreaterThanOrEqual(2);
  await expect(clips).toHaveCount(made);
  await expect
    .poll(() => clips.evaluateAll((all) => all.filter((one) => one instanceof HTMLVideoElement && one.videoWidth === 64).length))
    .toBe(made);

  await page.evaluate(async () => {
    const run = await (await navigator.storage.getDirectory()).getDirectoryHandle('red-balls');
    const file = await run.getFileHandle('metrics.jsonl');
    const text = await (await file.getFile()).text();
    const stream = await file.createWritable();
    // A whole line, and one that is being written.
    await stream.write(`${text}{"step":5,"epoch":1,"loss":0.25,"learning_rate":0.001,"seconds":0.5,"gpu_bytes":1000000}\n{"step":6,"ep`);
    await stream.close();
  });
  await expect(page.getByRole('img', { name: /^Loss: .* at step 5/ })).toBeVisible();

  expect(await axeFindingsInBothThemes(page)).toEqual([]);
});

test('says so where a folder holds no run', async ({ page }) => {
  await page.addInitScript(() => {
    window.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('holiday', { create: true });
  });
  await page.goto('./');
  await page.getByRole('button', { name: 'Train' }).click();
  await page.getByRole('button', { name: 'Open a run’s folder' }).click();
  await expect(page.getByRole('alert')).toContainText('the folder holds no training run');
});
