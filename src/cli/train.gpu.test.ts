import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testAdapter } from '../gpu/testing';
import { writeNoiseSet } from '../training-run/testing';
import { root, runScript, type Ended, type RunOptions } from './testing/run-script';

/** `aiprod train` as a person runs it, on a model of random weights and samples of noise. */

let folder = '';
const run = (script: string, args: readonly string[], options: Partial<RunOptions> = {}): Promise<Ended> =>
  // Without the process that cleans stderr, so that a signal meets the command itself.
  runScript(script, args, { cwd: folder, ...options, env: { AIPROD_DEVICE: testAdapter(), AIPROD_SUPERVISED: '1', ...options.env } });

const config = `
version: 2
model: { path: model, text_encoder: ${JSON.stringify(join(root, 'fixtures', 'onnx-encoder'))} }
lora: { rank: 2, alpha: 4, target_modules: [to_q, to_v] }
training_strategy: { name: text_to_video, first_frame_conditioning_p: 0.5, caption_dropout_p: 0.3 }
optimization: { steps: 6, batch_size: 1, gradient_accumulation_steps: 2, learning_rate: 0.01, ema_decay: 0.9 }
acceleration: { mixed_precision_mode: "no" }
data: { preprocessed_data_root: set }
checkpoints: { interval: 3 }
validation: { interval: 0 }
output_dir: run
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-train-'));
  const written = await run('tools/tiny-ltx/write-folder.mjs', ['model']);
  if (written.code !== 0) throw new Error(written.stderr);
  writeNoiseSet(join(folder, 'set'));
  writeFileSync(join(folder, 'train.yaml'), config);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What came of every step, in the log. */
function stepsOf(): { step: number; epoch: number; loss: number; gradient_norm: number }[] {
  const lines = readFileSync(join(folder, 'run', 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const { step, epoch, loss, gradient_norm } = JSON.parse(line) as ReturnType<typeof stepsOf>[number];
    return { step, epoch, loss, gradient_norm };
  });
}

const train = (args: readonly string[], options: Partial<RunOptions> = {}): Promise<Ended> =>
  run('bin/aiprod.mjs', ['train', 'train.yaml', '--progress', 'json', ...args], options);

/** Sends a signal when a step is done, once: a second one would end the process at once. */
function after(step: number, signal: NodeJS.Signals): RunOptions['onStderr'] {
  let sent = false;
  return (text, interrupt) => {
    if (sent || !text.includes(`"step":${step},`)) return;
    sent = true;
    interrupt(signal);
  };
}

describe('aiprod train', () => {
  it('goes on after SIGKILL to the losses that it had before', async () => {
    const killed = await train([], { onStderr: after(5, 'SIGKILL') });
    expect(killed.code, killed.stderr).toBeNull();
    expect(existsSync(join(folder, 'run', 'lora.safetensors'))).toBe(false);
    expect(readdirSync(join(folder, 'run', 'checkpoints'))).toEqual(['step-000003']);
    const before = stepsOf();
    expect(before.map(({ step }) => step).slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    const again = await train([]);
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toMatch(/holds a run already/);
    const ended = await train(['--resume', '--json']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({ steps: 6, output: join('run', 'lora.safetensors') });
    // Steps 4 and 5 were taken twice: by the run that was killed, and from the checkpoint of step 3.
    expect(stepsOf().slice(0, 5)).toEqual(before.slice(0, 5));
    expect(stepsOf()).toHaveLength(6);
    const [, line] = /(\{"stage":"train".*"step":4,.*\})/.exec(ended.stderr) ?? [];
    expect(JSON.parse(line)).toMatchObject({ stage: 'train', step: 4, steps: 6, epoch: 1 });
  });

  it('refuses to go on with other settings, and what it cannot use, in words', async () => {
    const other = await train(['--resume'], { env: { AIPROD_TRAIN__LORA__RANK: '3' } });
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toMatch(/cannot go on with another lora/);
    const unknown = await train(['--show'], { env: { AIPROD_TRAIN__OPTIMIZATION__STEP: '3' } });
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.stderr).toMatch(/AIPROD_TRAIN__OPTIMIZATION__STEP\): did you mean optimization\.steps\?/);
  });
});
