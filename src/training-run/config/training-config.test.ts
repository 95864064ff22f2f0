import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyReload, loadTrainingConfig, watchConfig } from '.';
import { learningRateSchedule, optimizerConfig, sampleFolders } from './to-training';

let folder = '';
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-training-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const smallest = 'version: 2\ndata: { preprocessed_data_root: set }\noutput_dir: out\n';

it('has the defaults of LTX-2’s trainer', async () => {
  const { settings } = await loadTrainingConfig(write('small.yaml', smallest), {});
  expect(settings.lora).toEqual({ rank: 64, alpha: 64, target_modules: ['to_k', 'to_q', 'to_v', 'to_out.0'] });
  expect(learningRateSchedule(settings.optimization)).toEqual({
    rate: 5e-4,
    warmupSteps: 0,
    totalSteps: 3000,
    type: 'linear',
    minimumShare: 0.1,
  });
  expect(optimizerConfig(settings.optimization)).toEqual({ type: 'adamw', betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 });
});

it('names optimisers and schedules with their own settings', async () => {
  const path = write(
    'muon.yaml',
    `${smallest}optimization: { learning_rate: 0.1, steps: 100, optimizer: { type: muon, momentum: 0.9 }, schedule: { type: warmup_stable_decay, warmup_steps: 10, decay_steps: 20 } }\n`,
  );
  const { optimization } = (await loadTrainingConfig(path, {})).settings;
  expect(optimizerConfig(optimization)).toEqual({
    type: 'muon',
    momentum: 0.9,
    nesterov: true,
    adjust: 'match_rms_adamw',
    weightDecay: 0.1,
  });
  expect(learningRateSchedule(optimization)).toMatchObject({ type: 'warmup_stable_decay', rate: 0.1, stableSteps: 70, decaySteps: 20 });
  const factored = await loadTrainingConfig(path, { AIPROD_TRAIN__OPTIMIZATION__OPTIMIZER: '{ type: adafactor, momentum: null }' });
  expect(optimizerConfig(factored.settings.optimization)).toMatchObject({ type: 'adafactor', relativeStep: false, scaleParameter: false });
});

it('reads the examples', async () => {
  const example = (name: string) => loadTrainingConfig(fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url)), {});
  expect((await example('train-lora.yaml')).settings.model.path).toBe('embedded');
  const { settings } = await example('train-vae.yaml');
  expect(sampleFolders(settings)).toEqual({ folders: ['videos'] });
  expect(settings.vae_loss).toEqual({ squared: 1, absolute: 0.3, edges: 0.25, divergence: 5e-5 });
});

it('refuses sections that the training mode does not read', async () => {
  const base = write('base.yaml', `${smallest}flow_matching: { type: uniform }\nlora: { rank: 2 }\n`);
  const load = (mode: string, sections = '') =>
    loadTrainingConfig(write('mode.yaml', `version: 2\nextends: base.yaml\nmodel: { training_mode: ${mode} }\n${sections}`), {});
  await expect(load('vae', 'training_strategy: { caption_dropout_p: 0.1, name: text_to_video }\nlora: null\n')).rejects.toMatchObject({
    code: 'bad-input',
    summary: 'training mode vae does not read training_strategy, flow_matching',
    details: { where: `${join(folder, 'mode.yaml')}, ${base}` },
  });
  await expect(load('full')).rejects.toThrow(/training mode full does not read lora[^]*lora in training mode lora alone/);
  await expect(load('lora', 'vae_loss: { edges: 1 }\n')).rejects.toThrow(/training mode lora does not read vae_loss/);
  const { settings } = await load('vae', 'lora: null\nflow_matching: null\nvae_loss: { edges: 1 }\n');
  expect(settings.vae_loss.edges).toBe(1);
});

it('reads a file of LTX-2’s trainer as version 1, and says what it changed', async () => {
  const path = write(
    'ltx2.yaml',
    `model: { model_path: models/ltx.safetensors, text_encoder_path: models/t5, training_mode: lora, load_checkpoint: null }
lora: { rank: 32, alpha: 16, dropout: 0.0 }
training_strategy: { name: text_to_video, with_audio: true }
optimization:
  optimizer_type: adamw
  scheduler_type: linear
  scheduler_params: { end_factor: 0.2 }
  enable_gradient_checkpointing: true
acceleration: { mixed_precision_mode: "no", quantization: int8-quanto, load_text_encoder_in_8bit: false }
data: { preprocessed_data_root: set, num_dataloader_workers: 3 }
validation: { video_dims: [64, 32, 9], images: null, prompts: [a cat] }
flow_matching: { timestep_sampling_mode: uniform, timestep_sampling_params: { min_value: 0.1 } }
hub: { push_to_hub: false, hub_model_id: null }
wandb: { enabled: true, project: x }
output_dir: out
`,
  );
  const { settings, notes } = await loadTrainingConfig(path, {});
  expect(settings).toMatchObject({
    model: { path: 'models/ltx.safetensors', training_mode: 'lora' },
    lora: { rank: 32, alpha: 16 },
    training_strategy: { name: 'text_to_video', first_frame_conditioning_p: 0.1, with_audio: true },
    optimization: { optimizer: { type: 'adamw' }, schedule: { type: 'linear', minimum_share: 0.2 } },
    acceleration: { quantization: 'int8' },
    data: { prefetch: 3 },
    validation: { width: 64, height: 32, frames: 9 },
    flow_matching: { type: 'uniform', minimum: 0.1, maximum: 1 },
  });
  expect(notes).toContainEqual(expect.stringMatching(/model\.model_path is called model\.path/));
  expect(notes).toContainEqual(expect.stringMatching(/enable_gradient_checkpointing has no meaning here: acceleration\.memory_limit/));
  expect(notes).toContainEqual(expect.stringMatching(/wandb has no meaning here/));
  expect(notes).not.toContainEqual(expect.stringMatching(/hub/));
  const dropout = write('dropout.yaml', 'lora: { dropout: 0.1 }\ndata: { preprocessed_data_root: set }\noutput_dir: out\n');
  await expect(loadTrainingConfig(dropout, {})).rejects.toThrow(/lora\.dropout is not supported.*found 0\.1/);
});

it('reads the flexible strategy of LTX-2’s trainer, whose streams have a section each', async () => {
  const strategy = (audio: string): string =>
    `training_strategy: { name: flexible, video: { is_generated: true, latents_dir: latents, conditions: [{ type: prefix, temporal_boundary: 3 }] }, ${audio} }\ndata: { preprocessed_data_root: set }\noutput_dir: out\n`;
  const { settings } = await loadTrainingConfig(write('flexible.yaml', strategy('audio: { is_generated: false, latents_dir: x }')), {});
  expect(settings.training_strategy).toMatchObject({
    ...{ video: 'generated', audio: 'given' },
    conditions: [{ type: 'prefix', frames: 3, probability: 1 }],
  });
  expect(sampleFolders(settings)).toEqual({ folders: ['latents', 'audio_latents', 'conditions'], optional: [] });
  const ofSound = (part: string): string =>
    strategy(`audio: { ${part}, conditions: [{ type: mask, mask_dir: x }, { type: suffix, temporal_boundary: 2 }] }`);
  const { settings: masked } = await loadTrainingConfig(write('masked.yaml', ofSound('is_generated: true')), {});
  expect(masked.training_strategy).toMatchObject({
    audio_conditions: [
      { type: 'mask', probability: 1 },
      { type: 'suffix', frames: 2, probability: 1 },
    ],
  });
  expect(sampleFolders(masked)).toEqual({ folders: ['latents', 'audio_latents', 'conditions', 'audio_masks'], optional: [] });
  await expect(loadTrainingConfig(write('given.yaml', ofSound('is_generated: false')), {})).rejects.toThrow(/of a sound that is generated/);
});

it('takes a first frame for each validation prompt', async () => {
  const section = (images: string): string => `validation: { prompts: [a cat, a dog], images: ${images} }\n`;
  const { settings } = await loadTrainingConfig(write('images.yaml', `${smallest}${section('[cat.png, dog.png]')}`), {});
  expect(settings.validation.images).toEqual(['cat.png', 'dog.png']);
  await expect(loadTrainingConfig(write('images.yaml', `${smallest}${section('[cat.png]')}`), {})).rejects.toThrow(
    /validation\.images: there is one image for each prompt, or none: 2 prompts and 1 images were found/,
  );
  // LTX-2's trainer has them under the same name.
  const ltx2 = `${section('[cat.png, dog.png]')}data: { preprocessed_data_root: set }\noutput_dir: out\n`;
  expect((await loadTrainingConfig(write('images.yaml', ltx2), {})).settings.validation.images).toHaveLength(2);
});

it('takes over what may change in mid-run, and says what has to wait', async () => {
  const path = write('run.yaml', smallest);
  const problems: string[] = [];
  const load = () => loadTrainingConfig(path, {});
  const { settings, files } = await load();
  const watch = await watchConfig(files, load, (message) => problems.push(message));
  expect(await watch.changed()).toBeUndefined();
  write(
    'run.yaml',
    `${smallest}optimization: { learning_rate: 0.25, steps: 7 }\nvalidation: { prompts: [new] }\ncheckpoints: { interval: 9 }\n`,
  );
  utimesSync(path, 1, 1);
  const changed = await watch.changed();
  expect(await watch.changed()).toBeUndefined();
  const reload = applyReload(settings, changed?.settings ?? settings);
  expect(reload.settings).toEqual({
    ...settings,
    optimization: { ...settings.optimization, learning_rate: 0.25 },
    validation: { ...settings.validation, prompts: ['new'] },
    checkpoints: { ...settings.checkpoints, interval: 9 },
  });
  expect(reload.notes).toEqual([
    'optimization.learning_rate is now 0.25 (it was 0.0005)',
    'validation.prompts is now ["new"] (it was [])',
    'checkpoints.interval is now 9 (it was 250)',
    'optimization.steps stays 3000 until the run is started anew; the file now says 7',
  ]);
  write('run.yaml', `${smallest}sede: 3\n`);
  utimesSync(path, 2, 2);
  expect(await watch.changed()).toBeUndefined();
  expect(problems).toEqual([expect.stringMatching(/not taken: .*did you mean seed\?/)]);
});
