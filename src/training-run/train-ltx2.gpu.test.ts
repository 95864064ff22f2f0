import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sampleCount } from '../audio';
import { openPrecomputedSet, type SampleSet } from '../data';
import { openLocalSource } from '../data/node';
import { evaluateGraph } from '../graph';
import { testContext } from '../graph/testing';
import { openVideoModel, type VideoModel } from '../pipelines';
import { StatelessTraining, type StatelessStep } from '../training';
import { openSafetensors } from '../weights';
import { openNodeFile, openNodeFolder } from '../weights/node';
import { loadTrainingConfig, runTraining, sampleFolders, type TrainingConfig } from '.';
import { openSubject } from './subject/open-subject';
import type { ValidationRequest } from './run/validation-clips';
import { clipOf, clipOfLora, validationClip, writeSoundSet, type ClipInFile } from './testing';

let folder = '';
let model: VideoModel;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-ltx2-'));
  const script = fileURLToPath(new URL('../../tools/tiny-ltx2/write-folder.mjs', import.meta.url));
  execFileSync(process.execPath, [script, join(folder, 'model'), '1']);
  writeSoundSet(join(folder, 'set'));
  model = await openVideoModel({ checkpoint: { tree: await openNodeFolder(join(folder, 'model')), path: '' } }, 'tiny');
});
afterAll(async () => {
  await model.close();
  rmSync(folder, { recursive: true, force: true });
});

const usual = {
  version: '2',
  lora: '{ rank: 2, alpha: 2, target_modules: [to_q] }',
  optimization: '{ steps: 2, batch_size: 1, learning_rate: 0.1, schedule: { type: constant } }',
  acceleration: '{ mixed_precision_mode: "no" }',
  validation: '{ interval: 0 }',
};

/** A run with a strategy, and the samples that it takes. */
async function runOf(strategy: string, own: Readonly<Record<string, string>> = {}) {
  const path = join(folder, 'train.yaml');
  const model = JSON.stringify({ path: join(folder, 'model') });
  const data = JSON.stringify({ preprocessed_data_root: join(folder, 'set') });
  const output_dir = JSON.stringify(join(folder, 'run'));
  const sections = { ...usual, model, training_strategy: strategy, data, output_dir, ...own };
  writeFileSync(
    path,
    Object.entries(sections)
      .map(([name, text]) => `${name}: ${text}`)
      .join('\n'),
  );
  const config = await loadTrainingConfig(path, {});
  const set = await openPrecomputedSet(await openLocalSource(join(folder, 'set')), sampleFolders(config.settings));
  return { config, set };
}

/** A step of one sample by the CPU reference, and the parameters that it trains. */
async function stepOf(settings: TrainingConfig, set: SampleSet, index: number): Promise<StatelessStep & { trainable: string[] }> {
  const subject = await openSubject(model, settings, await testContext());
  const { inputs, shapes } = subject.batch([await set.read(index)], { config: settings, key: { seed: 1, step: 0 } });
  const trainable = [...subject.part.shapes.keys()];
  const options = { loss: subject.loss, trainable, optimizer: { type: 'adamw', betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0 } } as const;
  const training = new StatelessTraining(shapes.graph(), options, evaluateGraph, subject.part.read);
  return { ...(await training.train(inputs, 0.01)), trainable };
}

const size = (values: Float32Array): number => Math.hypot(...values);

/** A clip of 9 frames of 64 x 64, whose sound lasts as long. */
function expectPictureAndSound({ frames, sound }: ClipInFile): void {
  expect(frames.map(({ length }) => length)).toEqual(Array(9).fill(64 * 64 * 4));
  if (sound === null) throw new Error('the clip has no sound');
  expect(Math.abs(sampleCount(sound) / sound.sampleRate - 9 / 24)).toBeLessThan(1 / 24);
  expect(size(sound.channels[0])).toBeGreaterThan(0);
}

/** Where all weights are trained, a validation clip is made with these. */
async function checkWholeModel(untrained: ClipInFile, request: Pick<ValidationRequest, 'settings' | 'context'>): Promise<void> {
  const { config } = await runOf('{ name: text_to_video, with_audio: true }', {
    model: JSON.stringify({ path: join(folder, 'model'), training_mode: 'full' }),
    lora: 'null',
  });
  const subject = await openSubject(model, config.settings, request.context);
  const now = async (factor: number): Promise<ClipInFile> => {
    const read = async (name: string): Promise<Float32Array> => Float32Array.from(await subject.part.read(name), (value) => factor * value);
    return validationClip({ ...request, model: await subject.modelNow(read, factor) });
  };
  expect(await now(1)).toEqual(untrained);
  const trained = await now(1.1);
  expectPictureAndSound(trained);
  expect(trained.frames).not.toEqual(untrained.frames);
  expect(trained.sound).not.toEqual(untrained.sound);
}

it('trains picture and sound of LTX-2 together, and the picture alone where a clip has no sound', async () => {
  const { config, set } = await runOf('{ name: text_to_video, with_audio: true, first_frame_conditioning_p: 0.5 }', {
    acceleration: '{ mixed_precision_mode: "no", quantization: int8 }',
    validation: '{ prompts: [a ball bounces], interval: 0, width: 64, height: 64, frames: 9, inference_steps: 1, guidance_scale: 1 }',
  });
  const losses: number[] = [];
  const context = await testContext();
  const { output, skipped, failedValidations } = await runTraining({
    config,
    model,
    modelPath: config.settings.model.path,
    // Those with sound: a program for one shape takes long enough.
    set: { ...set, size: 2 },
    context,
    resume: false,
    generator: 'a test',
    signal: new AbortController().signal,
    onProgress: ({ loss }) => void losses.push(loss),
    onNote: () => undefined,
  });
  expect([skipped, failedValidations]).toEqual([[], 0]);
  const validated = await clipOf(join(folder, 'run', 'samples', 'step-000002', '0.mp4'));
  expectPictureAndSound(validated);
  // The file that the run wrote makes that clip again.
  const request = { model, settings: config.settings.validation, context };
  expect(await clipOfLora(output, 1, request)).toEqual(validated);
  const untrained = await clipOfLora(output, 0, request);
  expect(untrained.frames).not.toEqual(validated.frames);
  expect(untrained.sound).not.toEqual(validated.sound);
  await checkWholeModel(untrained, request);

  // Of noise the loss is near 2, of picture and of sound each.
  expect(losses).toHaveLength(2);
  expect(Math.min(...losses)).toBeGreaterThan(0.5);
  expect(Math.max(...losses)).toBeLessThan(16);
  const file = await openNodeFile(output);
  const { tensors } = await openSafetensors(file);
  await file.close?.();
  const ofBlock = ['attn1', 'attn2', 'audio_attn1', 'audio_attn2', 'audio_to_video_attn', 'video_to_audio_attn'];
  expect([...tensors.keys()].filter((name) => name.includes('lora_B')).sort()).toEqual(
    ofBlock.map((layer) => `transformer.transformer_blocks.0.${layer}.to_q.lora_B.weight`).sort(),
  );

  const silent = await stepOf(config.settings, set, 2);
  const up = (layer: string): string => `transformer_blocks.0.${layer}.to_q.lora_B.trained.weight`;
  const gradients = Object.fromEntries(ofBlock.map((layer) => [layer, size(silent.gradient(up(layer)))]));
  expect(gradients).toMatchObject({ audio_attn1: 0, audio_attn2: 0, audio_to_video_attn: 0, video_to_audio_attn: 0 });
  expect(gradients.attn1).toBeGreaterThan(1e-6);
  const picture = await runOf('{ name: text_to_video, first_frame_conditioning_p: 0.5 }');
  const alone = await stepOf(picture.config.settings, picture.set, 2);
  expect(alone.trainable.filter((name) => name.includes('audio'))).toEqual([]);
  expect(silent.loss).toBeCloseTo(alone.loss, 6);
});

it('trains what one stream makes of the other that is given, and sound alone', async () => {
  const given = await runOf('{ name: flexible, video: given, audio: generated }');
  expect([given.set.size, given.set.rejected?.map(({ id }) => id)]).toEqual([2, ['2']]);
  const foley = await stepOf(given.config.settings, given.set, 0);
  expect(size(foley.gradient('transformer_blocks.0.attn1.to_q.lora_B.trained.weight'))).toBeGreaterThan(1e-7);
  // Nothing reads what the last block makes of the picture.
  expect(foley.trainable).not.toContain('transformer_blocks.0.audio_to_video_attn.to_q.lora_B.trained.weight');

  const sound = await runOf('{ name: flexible, video: none, audio: generated }');
  const { trainable, loss } = await stepOf(sound.config.settings, sound.set, 0);
  expect(trainable.every((name) => /\.audio_attn[12]\./.test(name))).toBe(true);
  expect(loss).toBeGreaterThan(0.5);
  await expect(runOf('{ name: flexible, video: given, audio: given }')).rejects.toThrow(/one of video and audio has to be generated/);
});
