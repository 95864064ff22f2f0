import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { s3Keys, serveGcs, serveHub, serveS3, type RunningServer } from '../data/testing/remote-servers';
import { testAdapter } from '../gpu/testing';
import { root, runScript, type Ended, type RunOptions } from './testing/run-script';

/** `aiprod preprocess`, `train` and `generate` as a person runs them, on a Wan model of random weights and data at addresses. */

let folder = '';
const servers: RunningServer[] = [];
const secrets = { S3_ID: s3Keys.accessKeyId, S3_SECRET: s3Keys.secretAccessKey, GCS_TOKEN: 'secret' };
const run = (script: string, args: readonly string[], options: Partial<RunOptions> = {}): Promise<Ended> =>
  // Without the process that cleans stderr, so that a signal meets the command itself.
  runScript(script, args, {
    cwd: folder,
    ...options,
    env: { AIPROD_DEVICE: testAdapter(), AIPROD_SUPERVISED: '1', ...secrets, ...options.env },
  });
const aiprod = (args: readonly string[], options: Partial<RunOptions> = {}): Promise<Ended> => run('bin/aiprod.mjs', args, options);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-train-'));
  const written = await run('tools/tiny-wan/write-folder.mjs', ['model']);
  if (written.code !== 0) throw new Error(written.stderr);
  const shards = filesIn(join(packed, 'shards'), 'shards');
  s3 = await serving(serveS3(shards));
  gcs = (await serving(serveGcs(shards))).endpoint;
  hub = (await serving(serveHub(samples))).endpoint;
  Object.assign(samples, filesIn(join(packed, 'hub'), 'hub'));
  const access = `{ endpoint: ${JSON.stringify(s3.endpoint)}, access_key_id: env:S3_ID, secret_access_key: env:S3_SECRET }`;
  writeFileSync(join(folder, 'train.yaml'), config.replaceAll('access: S3', `access: ${access}`));
});
afterAll(async () => {
  for (const server of servers) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serving<Server extends RunningServer>(server: Promise<Server>): Promise<Server> {
  const running = await server;
  servers.push(running);
  return running;
}

/** Files below a folder by their paths, behind a prefix. */
function filesIn(path: string, prefix: string): Record<string, Uint8Array> {
  const found = readdirSync(path, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    found.map((entry) => {
      const at = join(entry.parentPath, entry.name);
      return [`${prefix}${at.slice(path.length)}`, new Uint8Array(readFileSync(at))];
    }),
  );
}

const packed = join(root, 'src', 'data', 'packed', 'fixtures');

/** One file for preprocessing and training, as people have it, each with its own place. */
const config = `
version: 2
model: { path: model }
lora: { rank: 2, alpha: 4, target_modules: [to_q, to_v] }
training_strategy: { name: text_to_video, caption_dropout_p: 0.3 }
optimization: { steps: 6, batch_size: 1, gradient_accumulation_steps: 2, learning_rate: 0.05, ema_decay: 0.9 }
acceleration: { mixed_precision_mode: "no" }
data:
  preprocessed_data_root: s3://data/set
  access: S3
  cache: { folder: cache-samples, size: 10MB }
preprocess:
  dataset: s3://data/shards
  access: S3
  cache: { folder: cache-media, size: 10MB }
  resolution_buckets: 32x32x1
checkpoints: { interval: 3 }
validation: { interval: 0 }
output_dir: run
`;

/** The places: shards of webdataset in S3 and in Google Cloud Storage, tables at the hub; samples, once there are some, in S3 and at the hub. */
const samples: Record<string, Uint8Array> = {};
let s3: Awaited<ReturnType<typeof serveS3>>;
let [gcs, hub] = ['', ''];

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

/** Sends a signal when stderr says something, once: a second one would end the process at once. */
function after(words: string, signal: NodeJS.Signals): RunOptions['onStderr'] {
  let sent = false;
  return (text, interrupt) => {
    if (sent || !text.includes(words)) return;
    sent = true;
    interrupt(signal);
  };
}

/** The progress of a step. */
function progressAt(step: number, { stderr }: Ended): { epoch: number; cacheHitRate: number; dataWaitMs: number } {
  const line = stderr.split('\n').find((text) => text.startsWith('{"stage":"train"') && text.includes(`"step":${step},`));
  return JSON.parse(line ?? '{}') as ReturnType<typeof progressAt>;
}

const json = ['--progress', 'json', '--json'];
/** Settings of the environment: sections of `data` or `preprocess` in another place. */
const elsewhere = (prefix: string, settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [`AIPROD_${prefix}__${name}`, value]));
const preprocess = (settings: Readonly<Record<string, string>>, options: Partial<RunOptions> = {}): Promise<Ended> =>
  aiprod(['preprocess', 'train.yaml', ...json], {
    ...options,
    env: elsewhere('PREPROCESS', { DATA__PREPROCESSED_DATA_ROOT: 'set', ...settings }),
  });
const train = (args: readonly string[], options: Partial<RunOptions> = {}): Promise<Ended> =>
  aiprod(['train', 'train.yaml', ...json, ...args], options);

describe('data at addresses', () => {
  it('preprocessing goes on after SIGKILL with what is left, from shards in S3 and then the same in Google Cloud Storage', async () => {
    const killed = await preprocess({}, { onStderr: after('"stage":"load","step":1,', 'SIGKILL') });
    expect(killed.code, killed.stderr).toBeNull();
    const ended = await preprocess({
      PREPROCESS__DATASET: 'gs://data/shards',
      PREPROCESS__ACCESS: JSON.stringify({ endpoint: gcs, token: 'env:GCS_TOKEN' }),
    });
    expect(ended.code, ended.stderr).toBe(0);
    const report = JSON.parse(ended.stdout) as { encodedMedia: number };
    expect(report).toMatchObject({ samples: 4, encodedTexts: 4, rejected: [] });
    expect(report.encodedMedia).toBeLessThan(4);
    const made = filesIn(join(folder, 'set'), 'set');
    await s3.put(made);
    Object.assign(samples, made);
  });

  it('training goes on after SIGKILL to the losses that it had before, in S3 and then at the hub; from the second epoch on the cache has all', async () => {
    const killed = await train([], { onStderr: after('"step":5,', 'SIGKILL') });
    expect(killed.code, killed.stderr).toBeNull();
    expect(existsSync(join(folder, 'run', 'lora.safetensors'))).toBe(false);
    expect(readdirSync(join(folder, 'run', 'checkpoints'))).toEqual(['step-000003']);
    const before = stepsOf();
    expect(before.map(({ step }) => step).slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    const second = progressAt(4, killed);
    expect(second.epoch).toBe(1);
    expect(second.cacheHitRate).toBeGreaterThanOrEqual(0.9);
    expect(second.dataWaitMs).toBeLessThan(10);
    const again = await train([]);
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toMatch(/holds a run already/);
    const env = elsewhere('TRAIN', {
      DATA__PREPROCESSED_DATA_ROOT: 'hf://datasets/me/clips/set',
      DATA__ACCESS: JSON.stringify({ endpoint: hub }),
    });
    const ended = await train(['--resume'], { env });
    expect(ended.code, ended.stderr).toBe(0);
    // Steps 4 and 5 were taken twice: by the run that was killed, and from the checkpoint of step 3.
    expect(stepsOf().slice(0, 5)).toEqual(before.slice(0, 5));
    expect(stepsOf()).toHaveLength(6);
    const result = JSON.parse(ended.stdout) as { data: { waits: { median: number } } };
    expect(result).toMatchObject({
      ...{ steps: 6, output: join('run', 'lora.safetensors'), skipped: [] },
      data: { waits: { batches: 6 }, cache: { damaged: 0, epochs: [{ epoch: 1 }, { epoch: 2 }] } },
    });
    expect(result.data.waits.median).toBeLessThan(10);
    expect(progressAt(4, ended)).toMatchObject({ stage: 'train', step: 4, steps: 6, epoch: 1 });
  });

  it('refuses to go on with other settings, and what it cannot use, in words', async () => {
    const refused = async (args: readonly string[], settings: Readonly<Record<string, string>>, words: RegExp): Promise<void> => {
      const { code, stderr } = await train(args, { env: elsewhere('TRAIN', settings) });
      expect([code, stderr]).toEqual([2, expect.stringMatching(words)]);
    };
    await refused(['--resume'], { LORA__RANK: '3' }, /cannot go on with another lora/);
    await refused(['--show'], { OPTIMIZATION__STEP: '3' }, /AIPROD_TRAIN__OPTIMIZATION__STEP\): did you mean optimization\.steps\?/);
    const given = { TRAINING_STRATEGY__FIRST_FRAME_CONDITIONING_P: '0.5', OUTPUT_DIR: 'run-given' };
    await refused([], given, /makes all of a clip alike.*first_frame_conditioning_p 0/);
  });

  it('the LoRA loads where clips are made', async () => {
    const size = ['--width', '32', '--height', '32', '--frames', '1', '--steps', '1'];
    const lora = ['--model', 'model', '--lora', join('run', 'lora.safetensors')];
    const { code, stderr } = await aiprod(['generate', '--prompt', 'a ball bounces', ...lora, ...size, '--out', 'trained.gif']);
    expect(code, stderr).toBe(0);
  });

  it('tables at the hub become pixels for a VAE', async () => {
    const { code, stdout, stderr } = await preprocess({
      DATA__PREPROCESSED_DATA_ROOT: 'pixels',
      PREPROCESS__DATASET: 'hf://datasets/me/clips/hub/train-00000.parquet',
      PREPROCESS__ACCESS: JSON.stringify({ endpoint: hub }),
      PREPROCESS__CONTENT: 'pixels',
    });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ samples: 2, encodedMedia: 2, encodedTexts: 0, rejected: [{ id: 'train-00000/0000002' }] });
    expect(Object.keys(filesIn(join(folder, 'pixels', 'videos'), '')).sort()).toEqual(
      [0, 1].map((row) => `/train-00000/000000${row}.safetensors`),
    );
  });
});
