import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPrecomputedSet } from '../data';
import { openLocalSource } from '../data/node';
import { testContext } from '../graph/testing';
import { findOnnxModel, openOnnxTextEncoder, openVideoModel, requireLtxVideo, type VideoModel } from '../pipelines';
import { loadOnnxRuntime } from '../text/node';
import { openSafetensors } from '../weights';
import { openNodeFile, openNodeFolder } from '../weights/node';
import { loadTrainingConfig, planTraining, runTraining, sampleFolders, watchConfig, type TrainingProgress } from '.';
import { writeNoiseSet } from './testing';

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-run-'));
  execFileSync(process.execPath, [fromRoot('tools/tiny-ltx/write-folder.mjs'), join(folder, 'model')]);
  writeNoiseSet(join(folder, 'set'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openTiny(path: string): Promise<VideoModel> {
  const location = { tree: await openNodeFolder(fromRoot('fixtures/onnx-encoder')), path: '' };
  const encoder = await findOnnxModel(location);
  if (encoder === undefined) throw new Error('the fixture of the text encoder is gone');
  const textEncoder = await openOnnxTextEncoder(encoder, loadOnnxRuntime);
  return openVideoModel({ checkpoint: { tree: await openNodeFolder(path), path: '' }, textEncoder }, 'tiny');
}

it('trains a whole transformer, takes a new learning rate on the way, and leaves a folder that opens with its weights', async () => {
  const output = join(folder, 'out');
  const path = join(folder, 'full.yaml');
  const text = (rate: number): string => `
version: 2
model: { path: ${JSON.stringify(join(folder, 'model'))}, training_mode: full }
optimization: { steps: 3, batch_size: 2, learning_rate: ${rate}, schedule: { type: constant } }
acceleration: { mixed_precision_mode: "no" }
data: { preprocessed_data_root: ${JSON.stringify(join(folder, 'set'))} }
validation: { prompts: [a red panda], interval: 0, width: 64, height: 64, frames: 1, inference_steps: 1 }
output_dir: ${JSON.stringify(output)}
`;
  writeFileSync(path, text(0.01));
  const load = () => loadTrainingConfig(path, {});
  const config = await load();
  const set = await openPrecomputedSet(await openLocalSource(join(folder, 'set')));
  const context = await testContext();
  const model = await openTiny(join(folder, 'model'));
  const notes: string[] = [];
  const rates: number[] = [];
  try {
    const interrupt = new AbortController();
    const request = {
      config,
      watch: await watchConfig(config.files, load, (problem) => notes.push(problem)),
      model,
      modelPath: join(folder, 'model'),
      set,
      context,
      resume: false,
      generator: 'a test',
      signal: interrupt.signal,
      onProgress({ step, learningRate }: TrainingProgress) {
        rates.push(learningRate);
        if (step === 1) interrupt.abort();
        if (step === 2) writeFileSync(path, text(0.0025));
      },
      onNote: (note: string) => void notes.push(note),
    };
    await expect(runTraining(request)).rejects.toThrow(/interrupted after step 1.*--resume/);
    const result = await runTraining({ ...request, resume: true, signal: new AbortController().signal });
    expect(result).toMatchObject({ steps: 3, output: join(output, 'model'), skipped: [] });
    expect(rates).toEqual([0.01, 0.01, 0.0025]);
    expect(notes).toContain('optimization.learning_rate is now 0.0025 (it was 0.01)');
    expect(existsSync(join(output, 'samples', 'step-000003', '0.mp4'))).toBe(true);
    expect(readdirSync(output).some((name) => name.startsWith('events.out.tfevents.'))).toBe(true);
    expect(readFileSync(join(output, 'config.txt'), 'utf8')).toMatch(/learning_rate: 0\.01 +# .*full\.yaml/);

    const trained = await openTiny(result.output);
    try {
      const weightsOf = (opened: VideoModel) => requireLtxVideo(opened, 'the test').parameters('transformer');
      const [before, after] = [await weightsOf(model), await weightsOf(trained)];
      expect([...after.names()].sort()).toEqual([...before.names()].sort());
      const change = await Promise.all(
        [...before.names()].map(async (name) => {
          const [was, is] = [await before.load(name), await after.load(name)];
          return Math.max(...is.map((value, k) => Math.abs(value - was[k])));
        }),
      );
      // AdamW moves every weight by about the rate a step, however small its gradient.
      expect(Math.max(...change)).toBeGreaterThan(0.01);
      expect(Math.max(...change)).toBeLessThan(0.05);
    } finally {
      await trained.close();
    }

    const plan = await planTraining(model, config.settings, set, context, new AbortController().signal);
    expect(plan.parameters.trained).toBe(plan.parameters.total);
    expect(plan.data).toMatchObject({ samples: 5, rejected: 0, epochs: 1.2 });
    // Weights, gradients and both moments of AdamW.
    expect(plan.memory.stateBytes).toBeGreaterThanOrEqual(16 * plan.parameters.total);
    expect(plan.time.secondsPerStep).toBeGreaterThan(0);
  } finally {
    await model.close();
  }
});

it('trains an IC-LoRA, whose file says by how much references are smaller', async () => {
  const path = join(folder, 'reference.yaml');
  writeFileSync(
    path,
    `
version: 2
model: { path: ${JSON.stringify(join(folder, 'model'))} }
lora: { rank: 2, alpha: 2, target_modules: [to_q] }
training_strategy: { name: video_to_video, first_frame_conditioning_p: 0.5 }
optimization: { steps: 2, batch_size: 2, learning_rate: 0.01 }
acceleration: { mixed_precision_mode: "no" }
data: { preprocessed_data_root: ${JSON.stringify(join(folder, 'set'))} }
validation: { interval: 0 }
output_dir: ${JSON.stringify(join(folder, 'reference'))}
`,
  );
  const config = await loadTrainingConfig(path, {});
  const set = await openPrecomputedSet(await openLocalSource(join(folder, 'set')), { folders: sampleFolders(config.settings) });
  const model = await openTiny(join(folder, 'model'));
  try {
    const losses: number[] = [];
    const { output } = await runTraining({
      config,
      model,
      modelPath: join(folder, 'model'),
      set,
      context: await testContext(),
      resume: false,
      generator: 'a test',
      signal: new AbortController().signal,
      onProgress: ({ loss }) => void losses.push(loss),
      onNote: (note) => expect(note).toBe('no note is expected'),
    });
    expect(losses.every((loss) => loss > 0.5 && loss < 10)).toBe(true);
    expect((await openSafetensors(await openNodeFile(output))).metadata.get('reference_downscale_factor')).toBe('2');
  } finally {
    await model.close();
  }
});

const modes = [
  {
    name: 'an int8 base, adamw8bit, validation that cannot run',
    lines: ['model: { path: MODEL }', 'acceleration: { mixed_precision_mode: "no", quantization: int8 }'],
    optimizer: '{ type: adamw8bit }',
    validation: '{ prompts: [a red panda], interval: 1, width: 72, height: 64, frames: 1, inference_steps: 1 }',
    failures: 3,
  },
  {
    name: 'an int4 base, adafactor, weights that are trained in bfloat16',
    lines: ['model: { path: MODEL }', 'acceleration: { mixed_precision_mode: bf16, quantization: int4 }'],
    optimizer: '{ type: adafactor }',
    validation: '{ interval: 0 }',
    failures: 0,
  },
  {
    name: 'all weights in bfloat16, muon',
    lines: ['model: { path: MODEL, training_mode: full }', 'acceleration: { mixed_precision_mode: bf16 }'],
    optimizer: '{ type: muon, weight_decay: 0 }',
    validation: '{ interval: 0 }',
    failures: 0,
  },
];

it.each(modes)('trains with $name', async ({ lines, optimizer, validation, failures }) => {
  const output = join(folder, `mode-${modes.findIndex((mode) => mode.optimizer === optimizer)}`);
  const path = `${output}.yaml`;
  writeFileSync(
    path,
    [
      'version: 2',
      ...lines.map((line) => line.replace('MODEL', JSON.stringify(join(folder, 'model')))),
      'lora: { rank: 4, alpha: 4, target_modules: [to_q, to_k, to_v] }',
      `optimization: { steps: 8, batch_size: 2, learning_rate: 0.02, schedule: { type: constant }, optimizer: ${optimizer} }`,
      'flow_matching: { type: uniform, minimum: 0.5, maximum: 0.5 }',
      `data: { preprocessed_data_root: ${JSON.stringify(join(folder, 'set'))} }`,
      `validation: ${validation.replace('interval: 1,', 'interval: 4,')}`,
      `output_dir: ${JSON.stringify(output)}`,
    ].join('\n'),
  );
  const config = await loadTrainingConfig(path, {});
  const set = await openPrecomputedSet(await openLocalSource(join(folder, 'set')));
  const model = await openTiny(join(folder, 'model'));
  const context = await testContext();
  const losses: number[] = [];
  const notes: string[] = [];
  const request = { config, model, modelPath: join(folder, 'model'), set, context, resume: false, generator: 'a test' };
  try {
    const result = await runTraining({
      ...request,
      signal: new AbortController().signal,
      onProgress: ({ loss }) => void losses.push(loss),
      onNote: (note) => void notes.push(note),
    });
    expect(result).toMatchObject({ steps: 8, failedValidations: failures });
    expect(notes.filter((note) => note.includes('no validation clips, training goes on'))).toHaveLength(failures);
    // Noise is learnt by heart: of three epochs the last steps are better than the first.
    const mean = (part: readonly number[]): number => part.reduce((sum, loss) => sum + loss, 0) / part.length;
    expect(mean(losses.slice(-3))).toBeLessThan(mean(losses.slice(0, 3)));
    expect(existsSync(result.output)).toBe(true);
  } finally {
    await model.close();
  }
});

it('a memory limit is kept by computing blocks again, and changes no loss', async () => {
  const set = await openPrecomputedSet(await openLocalSource(join(folder, 'set')));
  const model = await openTiny(join(folder, 'model'));
  const context = await testContext();
  const run = async (name: string, limit?: number): Promise<{ losses: number[]; working: number; total: number }> => {
    const path = join(folder, `${name}.yaml`);
    writeFileSync(
      path,
      `
version: 2
model: { path: ${JSON.stringify(join(folder, 'model'))} }
lora: { rank: 2, alpha: 2, target_modules: [to_q, to_v] }
optimization: { steps: 2, batch_size: 4, learning_rate: 0.01 }
acceleration: { mixed_precision_mode: "no"${limit === undefined ? '' : `, memory_limit: ${limit}`} }
data: { preprocessed_data_root: ${JSON.stringify(join(folder, 'set'))} }
validation: { interval: 0 }
output_dir: ${JSON.stringify(join(folder, name))}
`,
    );
    const config = await loadTrainingConfig(path, {});
    const { signal } = new AbortController();
    const { memory } = await planTraining(model, config.settings, set, context, signal);
    const losses: number[] = [];
    const onProgress = ({ loss }: TrainingProgress): void => void losses.push(loss);
    const request = {
      config,
      model,
      modelPath: join(folder, 'model'),
      set,
      context,
      resume: false,
      generator: 'a test',
      signal,
      onProgress,
    };
    await runTraining({ ...request, onNote: (note) => expect(note).toBe('no note is expected') });
    return { losses, working: memory.workingBytes, total: memory.totalBytes };
  };
  try {
    const free = await run('free');
    const limited = await run('limited', Math.floor(free.total * 0.75));
    expect(limited.working).toBeLessThan(free.working);
    expect(limited.losses).toEqual(free.losses);
  } finally {
    await model.close();
  }
});
