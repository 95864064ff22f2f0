import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPrecomputedSet } from '../data';
import { openLocalSource } from '../data/node';
import { testContext } from '../graph/testing';
import { findOnnxModel, openOnnxTextEncoder, openVideoModel, type ModelWeights, type VideoModel } from '../pipelines';
import { loadOnnxRuntime } from '../text/node';
import { openSafetensors } from '../weights';
import { openNodeFile, openNodeFolder } from '../weights/node';
import {
  loadTrainingConfig,
  planTraining,
  runTraining,
  sampleFolders,
  watchConfig,
  type TrainingProgress,
  type TrainingRunRequest,
} from '.';
import { writeNoiseSet, writePixelSet } from './testing';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-run-'));
  // A small VAE, which can be trained; every pipeline takes its time to compile.
  execFileSync(process.execPath, [fromRoot('tools/tiny-ltx/write-folder.mjs'), join(folder, 'model'), '32', 'models/train_vae']);
  // As where the index gives a tokenizer of another kind no class.
  mkdirSync(join(folder, 'model', 'tokenizer'));
  writeFileSync(join(folder, 'model', 'tokenizer', 'vocab.json'), '[]');
  const index = join(folder, 'model', 'model_index.json');
  writeFileSync(index, readFileSync(index, 'utf8').replace('{', '{ "tokenizer": [null, null],'));
  writeNoiseSet(join(folder, 'set'), 4);
  writePixelSet(join(folder, 'pixels'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openTiny(path = join(folder, 'model')): Promise<VideoModel> {
  const location = { tree: await openNodeFolder(fromRoot('fixtures/onnx-encoder')), path: '' };
  const encoder = await findOnnxModel(location);
  if (encoder === undefined) throw new Error('the fixture of the text encoder is gone');
  const textEncoder = await openOnnxTextEncoder(encoder, loadOnnxRuntime);
  return openVideoModel({ checkpoint: { tree: await openNodeFolder(path), path: '' }, textEncoder }, 'tiny');
}

/** A configuration of a name, in the folder; its run goes to `NAME`. */
const configPath = (name: string): string => join(folder, `${name}.yaml`);
function writeConfig(name: string, sections: Readonly<Record<string, string>>): void {
  const usual = {
    model: '{ path: MODEL }',
    acceleration: '{ mixed_precision_mode: "no" }',
    data: `{ preprocessed_data_root: ${JSON.stringify(join(folder, 'set'))} }`,
    validation: '{ interval: 0 }',
    output_dir: JSON.stringify(join(folder, name)),
  };
  const lines = Object.entries({ version: '2', ...usual, ...sections }).map(([section, text]) => `${section}: ${text}`);
  writeFileSync(configPath(name), lines.join('\n').replace('MODEL', JSON.stringify(join(folder, 'model'))));
}

/** What a run over the folder's files is asked for; `losses` and `notes` grow as it goes on. */
async function requestOf(name: string, model: VideoModel): Promise<TrainingRunRequest & { losses: number[]; notes: string[] }> {
  const config = await loadTrainingConfig(configPath(name), {});
  const { data } = config.settings;
  const source = await openLocalSource(data.preprocessed_data_root);
  const [losses, notes]: [number[], string[]] = [[], []];
  return {
    losses,
    notes,
    config,
    model,
    modelPath: config.settings.model.path,
    set: await openPrecomputedSet(source, sampleFolders(config.settings)),
    context: await testContext(),
    resume: false,
    generator: 'a test',
    signal: new AbortController().signal,
    onProgress: ({ loss }) => void losses.push(loss),
    onNote: (note) => void notes.push(note),
  };
}

/** Leaves of a checkpoint's settings what the first version of this program wrote, which had no strategies. */
function asFirstVersion(state: string): void {
  const { settings, ...facts } = JSON.parse(readFileSync(state, 'utf8')) as { settings: Record<string, unknown> };
  const later = new Set(['version', 'training_strategy']);
  const earlier = Object.fromEntries(Object.entries(settings).filter(([name]) => !later.has(name)));
  writeFileSync(state, JSON.stringify({ ...facts, settings: earlier }));
}

const mean = (part: readonly number[]): number => part.reduce((sum, loss) => sum + loss, 0) / part.length;

/** Noise is learnt by heart: of three epochs the last steps are better than the first. */
function expectLearning(losses: readonly number[]): void {
  expect(losses).toHaveLength(8);
  expect(mean(losses.slice(-3))).toBeLessThan(mean(losses.slice(0, 3)));
}

/** The most that a weight of a component has changed, by its name. */
async function changes(component: string, [before, after]: readonly [VideoModel, VideoModel]): Promise<Map<string, number>> {
  const weightsOf = (opened: ModelWeights<string>) => opened.parameters(component);
  const [was, is] = [await weightsOf(before), await weightsOf(after)];
  expect([...is.names()].sort()).toEqual([...was.names()].sort());
  const most = [...was.names()].map(async (name): Promise<[string, number]> => {
    const [old, now] = [await was.load(name), await is.load(name)];
    return [name, Math.max(...now.map((value, k) => Math.abs(value - old[k])))];
  });
  return new Map(await Promise.all(most));
}

it('trains a whole transformer in bfloat16, takes a new learning rate on the way, and leaves a folder that opens with its weights', async () => {
  const sections = (rate: number): Readonly<Record<string, string>> => ({
    model: '{ path: MODEL, training_mode: full }',
    optimization: `{ steps: 8, batch_size: 2, learning_rate: ${rate}, schedule: { type: constant } }`,
    acceleration: '{ mixed_precision_mode: bf16 }',
    flow_matching: '{ type: uniform, minimum: 0.5, maximum: 0.5 }',
    validation: '{ prompts: [a red panda], interval: 0, width: 16, height: 16, frames: 1, inference_steps: 1 }',
  });
  writeConfig('full', sections(0.004));
  const output = join(folder, 'full');
  const model = await openTiny();
  const rates: number[] = [];
  try {
    const interrupt = new AbortController();
    const asked = await requestOf('full', model);
    const { config, set, context, losses, notes } = asked;
    const load = () => loadTrainingConfig(configPath('full'), {});
    const request = {
      ...asked,
      watch: await watchConfig(config.files, load, (problem) => notes.push(problem)),
      signal: interrupt.signal,
      onProgress({ step, loss, learningRate }: TrainingProgress) {
        losses.push(loss);
        rates.push(learningRate);
        if (step === 1) interrupt.abort();
        if (step === 2) writeConfig('full', sections(0.002));
      },
    };
    await expect(runTraining(request)).rejects.toThrow(/interrupted after step 1.*--resume/);
    asFirstVersion(join(output, 'checkpoints', 'step-000001', 'state.json'));
    const result = await runTraining({ ...request, resume: true, signal: new AbortController().signal });
    expect(result).toMatchObject({ steps: 8, output: join(output, 'model'), skipped: [] });
    expect(rates.slice(0, 3)).toEqual([0.004, 0.004, 0.002]);
    expectLearning(losses);
    expect(notes).toContain('optimization.learning_rate is now 0.002 (it was 0.004)');
    expect(existsSync(join(output, 'samples', 'step-000008', '0.mp4'))).toBe(true);
    expect(readdirSync(output).some((name) => name.startsWith('events.out.tfevents.'))).toBe(true);
    expect(readFileSync(join(output, 'config.txt'), 'utf8')).toMatch(/learning_rate: 0\.004 +# .*full\.yaml/);

    const trained = await openTiny(result.output);
    try {
      const changed = await changes('transformer', [model, trained]);
      expect(Math.min(...changed.values())).toBeGreaterThan(0);
      expect(Math.max(...changed.values())).toBeLessThan(0.5);
    } finally {
      await trained.close();
    }

    const plan = await planTraining(model, config.settings, set, context, new AbortController().signal);
    expect(plan.parameters.trained).toBe(plan.parameters.total);
    expect(plan.data).toMatchObject({ samples: 5, rejected: 0, epochs: 3.2 });
    // Matrices of two bytes, f32 gradients and both moments of AdamW.
    expect(plan.memory.stateBytes).toBeGreaterThanOrEqual(14 * plan.parameters.total);
    expect(plan.time.secondsPerStep).toBeGreaterThan(0);
  } finally {
    await model.close();
  }
});

it('trains an IC-LoRA by Muon under all conditions, whose file says by how much references are smaller', async () => {
  const conditions = [
    '{ type: first_frame, probability: 0.2 }',
    '{ type: prefix, probability: 0.2 }',
    '{ type: suffix, probability: 0.2 }',
    '{ type: spatial_crop, region: [0, 0, 4, 8], probability: 0.5 }',
    '{ type: mask, probability: 0.3 }',
    '{ type: reference }',
  ];
  writeConfig('reference', {
    lora: '{ rank: 2, alpha: 2, target_modules: [to_q] }',
    training_strategy: `{ name: flexible, conditions: [${conditions.join(', ')}] }`,
    optimization: '{ steps: 2, batch_size: 2, learning_rate: 0.01, optimizer: { type: muon } }',
  });
  const model = await openTiny();
  try {
    const request = await requestOf('reference', model);
    const { output } = await runTraining(request);
    expect(request.losses.every((loss) => loss > 0.5 && loss < 10)).toBe(true);
    expect(request.notes).toEqual([]);
    const file = await openNodeFile(output);
    expect((await openSafetensors(file)).metadata.get('reference_downscale_factor')).toBe('2');
    await file.close?.();
  } finally {
    await model.close();
  }
});

const bases = [
  {
    name: 'int8 base, adamw8bit, validation that cannot run',
    limited: false,
    acceleration: '{ mixed_precision_mode: "no", quantization: int8 }',
    optimizer: 'adamw8bit',
    validation: '{ prompts: [a red panda], interval: 4, width: 18, height: 16, frames: 1, inference_steps: 1 }',
    failures: 3,
  },
  {
    name: 'int4 base, adafactor, weights that are trained in bfloat16; under a memory limit as without',
    limited: true,
    acceleration: '{ mixed_precision_mode: bf16, quantization: int4 }',
    optimizer: 'adafactor',
    validation: '{ interval: 0 }',
    failures: 0,
  },
];

it.each(bases)('trains a LoRA with an $name', async ({ acceleration, optimizer, validation, failures, limited }) => {
  const sections = {
    lora: '{ rank: 4, alpha: 4, target_modules: [to_q, to_k, to_v] }',
    optimization: `{ steps: 8, batch_size: 4, learning_rate: 0.02, schedule: { type: constant }, optimizer: { type: ${optimizer} } }`,
    flow_matching: '{ type: uniform, minimum: 0.5, maximum: 0.5 }',
    acceleration,
    validation,
  };
  writeConfig(optimizer, sections);
  const model = await openTiny();
  try {
    const request = await requestOf(optimizer, model);
    const result = await runTraining(request);
    expect(result).toMatchObject({ steps: 8, failedValidations: failures });
    expect(request.notes.filter((note) => note.includes('no validation clips, training goes on'))).toHaveLength(failures);
    expectLearning(request.losses);
    expect(existsSync(result.output)).toBe(true);
    if (!limited) return;
    const { config, set, context, signal } = request;
    const free = await planTraining(model, config.settings, set, context, signal);
    const limit = Math.floor(free.memory.totalBytes * 0.75);
    writeConfig('limited', { ...sections, acceleration: acceleration.replace(' }', `, memory_limit: ${limit} }`) });
    const again = await requestOf('limited', model);
    const { memory } = await planTraining(model, again.config.settings, set, context, signal);
    expect(memory.workingBytes).toBeLessThan(free.memory.workingBytes);
    await runTraining(again);
    expect(again.losses).toEqual(request.losses);
  } finally {
    await model.close();
  }
});

it('trains a VAE on pixels, and leaves a folder with all else as it was', async () => {
  const base = join(folder, 'model');
  writeConfig('vae', {
    model: '{ path: MODEL, training_mode: vae }',
    vae_loss: '{ absolute: 0, divergence: 1e-3 }',
    optimization: '{ steps: 4, batch_size: 3, learning_rate: 0.003, schedule: { type: constant } }',
    data: `{ preprocessed_data_root: ${JSON.stringify(join(folder, 'pixels'))} }`,
  });
  const model = await openTiny();
  try {
    const request = await requestOf('vae', model);
    const { output } = await runTraining(request);
    expect(request.losses.at(-1)).toBeLessThan(request.losses[0]);
    const trained = await openTiny(output);
    const kept = [...(await changes('vae', [model, trained]))].flatMap(([name, change]) => (change === 0 ? [name] : []));
    expect(kept.sort()).toEqual(['latents_mean', 'latents_std']);
    expect(Math.max(...(await changes('transformer', [model, trained])).values())).toBe(0);
    await trained.close();
    const same = (path: string): boolean => readFileSync(join(output, path)).equals(readFileSync(join(base, path)));
    expect(['model_index.json', 'vae/config.json', 'tokenizer/vocab.json'].map(same)).toEqual([true, true, true]);
  } finally {
    await model.close();
  }
});
