import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bytesOf, writeSafetensors } from '../../weights';
import { requireSameSettings, stepSettings, trainingConfigSchema, type StepSettings } from '../config';
import { readState, stateCheckpoint, stateFiles } from './saved-state';

/** A checkpoint's `state.json` as the first version of `aiprod train` wrote it, which had no strategies, no sound and no VAEs. */
const first = fileURLToPath(new URL('./fixtures/first-state.json', import.meta.url));

let path = '';
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'aiprod-state-'));
  const weight = { dtype: 'F32', shape: [2], bytes: bytesOf(Float32Array.of(1, 2)) } as const;
  writeFileSync(join(path, stateFiles.tensors), writeSafetensors(new Map([['weight', weight]])));
  copyFileSync(first, join(path, stateFiles.facts));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

/** What the configuration of that run says today. */
function today(sections: object = {}): StepSettings {
  const config = {
    model: { path: 'models/tiny' },
    lora: { rank: 4, alpha: 4, target_modules: ['to_q', 'to_v'] },
    optimization: { steps: 8 },
    acceleration: { mixed_precision_mode: 'no' },
    data: { preprocessed_data_root: 'set' },
    output_dir: 'run',
  };
  return stepSettings(trainingConfigSchema.parse({ ...config, ...sections }));
}

const state = () => readState({ step: 3, path });

it('goes on with a checkpoint of an earlier version, whose settings get the defaults of what came later', async () => {
  const { facts, trainer } = await state();
  expect(facts.settings).toEqual(today());
  expect(() => requireSameSettings(facts.settings, today(), path)).not.toThrow();
  expect([facts.step, trainer.step, trainer.record.losses.length]).toEqual([3, 3, 3]);
  expect([...(trainer.tensors.get('weight')?.data ?? [])]).toEqual([1, 2]);
  // What is written of it is read again.
  const again = stateCheckpoint(trainer, facts).get(stateFiles.facts);
  writeFileSync(join(path, stateFiles.facts), again !== undefined && 'text' in again ? again.text : '');
  expect((await state()).facts).toEqual(facts);
});

it.each([
  [{ training_strategy: { name: 'text_to_video', with_audio: true } }, /another training_strategy\.with_audio.*expected false; found true/],
  [{ training_strategy: { name: 'text_to_video', caption_dropout_p: 0.1 } }, /another training_strategy\.caption_dropout_p/],
  [{ lora: { rank: 8, alpha: 4, target_modules: ['to_q', 'to_v'] } }, /another lora\.rank.*expected 4; found 8/],
])('does not take what was trained for what %j asks for', async (sections, message) => {
  const { facts } = await state();
  expect(() => requireSameSettings(facts.settings, today(sections), path)).toThrow(message);
});

it('refuses settings of a later version, and such as it does not know', async () => {
  const { facts, trainer } = await state();
  const write = (settings: object): void => {
    const file = stateCheckpoint(trainer, facts).get(stateFiles.facts);
    const written = JSON.parse(file !== undefined && 'text' in file ? file.text : '') as object;
    writeFileSync(join(path, stateFiles.facts), JSON.stringify({ ...written, settings: { ...facts.settings, ...settings } }));
  };
  write({ version: 3 });
  await expect(state()).rejects.toThrow(/the run is of an unknown version.*found 3/);
  write({ dropout: 0.1 });
  await expect(state()).rejects.toThrow(/none that this program knows.*dropout/);
  const masked = { name: 'flexible', conditions: [{ type: 'mask' }] };
  write({ version: 2, training_strategy: masked });
  expect((await state()).facts.settings.training_strategy).toMatchObject({ name: 'flexible', audio: 'none' });
  write({ version: undefined, training_strategy: masked });
  await expect(state()).rejects.toThrow(/trained under masks that are read the other way round/);
});
