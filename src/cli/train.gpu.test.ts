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

const s3Access = (endpoint: string): string =>
  `{ endpoint: ${JSON.stringify(endpoint)}, access_key_id: env:S3_ID, secret_access_key: env:S3_SECRET }`;

/** One file for preprocessing and training, as people have it; each with its own place for samples. */
function configOf(
  name: string,
  { dataset, samples, access, steps = 1 }: { dataset: string; samples: string; access: string; steps?: number },
): void {
  const text = `
version: 2
model: { path: model }
lora: { rank: 2, alpha: 4, target_modules: [to_q, to_v] }
training_strategy: { name: text_to_video, caption_dropout_p: 0.3 }
optimization: { steps: ${steps}, batch_size: 1, gradient_accumulation_steps: 2, learning_rate: 0.05, ema_decay: 0.9 }
acceleration: { mixed_precision_mode: "no" }
data:
  preprocessed_data_root: ${samples}
  access: ${access}
  cache: { folder: cache-${name}, size: 10MB }
preprocess:
  dataset: ${dataset}
  access: ${access}
  cache: { folder: cache-${name}, size: 10MB }
  resolution_buckets: 32x32x1
checkpoints: { interval: 3 }
validation: { interval: 0 }
output_dir: run-${name}
`;
  writeFileSync(join(folder, `${name}.yaml`), text);
}

/** What came of every step, in the log. */
function stepsOf(): { step: number; epoch: number; loss: number; gradient_norm: number }[] {
  const lines = readFileSync(join(folder, 'run-s3', 'metrics.jsonl'), 'utf8')
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

describe('data in S3: shards to samples, samples to a LoRA', () => {
  const json = ['--progress', 'json', '--json'];
  /** Training reads what preprocessing wrote, from another place. */
  const samplesIn = (place: string) => ({ env: { AIPROD_PREPROCESS__DATA__PREPROCESSED_DATA_ROOT: place } });
  const train = (args: readonly string[], options: Partial<RunOptions> = {}): Promise<Ended> =>
    aiprod(['train', 's3.yaml', ...json, ...args], options);

  it('preprocessing goes on after SIGKILL with what is left', async () => {
    const server = await serving(serveS3(filesIn(join(packed, 'shards'), 'shards')));
    configOf('s3', { dataset: 's3://data/shards', samples: 's3://data/set', access: s3Access(server.endpoint), steps: 6 });
    const local = samplesIn('set');
    const killed = await aiprod(['preprocess', 's3.yaml', ...json], { ...local, onStderr: after('"stage":"load","step":1,', 'SIGKILL') });
    expect(killed.code, killed.stderr).toBeNull();
    const ended = await aiprod(['preprocess', 's3.yaml', ...json], local);
    expect(ended.code, ended.stderr).toBe(0);
    const report = JSON.parse(ended.stdout) as { samples: number; encodedMedia: number; encodedTexts: number };
    expect(report).toMatchObject({ samples: 4, encodedTexts: 4, rejected: [] });
    expect(report.encodedMedia).toBeLessThan(4);
    await server.put(filesIn(join(folder, 'set'), 'set'));
  });

  it('training goes on after SIGKILL to the losses that it had before; from the second epoch on the cache has everything', async () => {
    const killed = await train([], { onStderr: after('"step":5,', 'SIGKILL') });
    expect(killed.code, killed.stderr).toBeNull();
    expect(existsSync(join(folder, 'run-s3', 'lora.safetensors'))).toBe(false);
    expect(readdirSync(join(folder, 'run-s3', 'checkpoints'))).toEqual(['step-000003']);
    const before = stepsOf();
    expect(before.map(({ step }) => step).slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    const second = progressAt(4, killed);
    expect(second.epoch).toBe(1);
    expect(second.cacheHitRate).toBeGreaterThanOrEqual(0.9);
    expect(second.dataWaitMs).toBeLessThan(10);
    const again = await train([]);
    expect(again).toMatchObject({ code: 2 });
    expect(again.stderr).toMatch(/holds a run already/);
    const ended = await train(['--resume']);
    expect(ended.code, ended.stderr).toBe(0);
    const result = JSON.parse(ended.stdout) as { data: { waits: { median: number; batches: number }; cache: { hitRate: number } } };
    expect(result).toMatchObject({ steps: 6, output: join('run-s3', 'lora.safetensors') });
    // Steps 4 and 5 were taken twice: by the run that was killed, and from the checkpoint of step 3.
    expect(stepsOf().slice(0, 5)).toEqual(before.slice(0, 5));
    expect(stepsOf()).toHaveLength(6);
    expect(result.data.waits).toMatchObject({ batches: 6 });
    expect(result.data.waits.median).toBeLessThan(10);
    expect(result.data.cache.hitRate).toBe(1);
    expect(progressAt(4, ended)).toMatchObject({ stage: 'train', step: 4, steps: 6, epoch: 1 });
  });

  it('refuses to go on with other settings, and what it cannot use, in words', async () => {
    const other = await train(['--resume'], { env: { AIPROD_TRAIN__LORA__RANK: '3' } });
    expect(other).toMatchObject({ code: 2 });
    expect(other.stderr).toMatch(/cannot go on with another lora/);
    const unknown = await train(['--show'], { env: { AIPROD_TRAIN__OPTIMIZATION__STEP: '3' } });
    expect(unknown).toMatchObject({ code: 2 });
    expect(unknown.stderr).toMatch(/AIPROD_TRAIN__OPTIMIZATION__STEP\): did you mean optimization\.steps\?/);
    const given = { AIPROD_TRAIN__TRAINING_STRATEGY__FIRST_FRAME_CONDITIONING_P: '0.5', AIPROD_TRAIN__OUTPUT_DIR: 'run-given' };
    const held = await train([], { env: given });
    expect(held).toMatchObject({ code: 2 });
    expect(held.stderr).toMatch(/makes all of a clip alike.*first_frame_conditioning_p 0/);
  });

  it('the LoRA loads, and changes clips', async () => {
    const clip = (name: string, ...args: string[]): Promise<Ended> =>
      aiprod([
        ...[
          'generate',
          '--prompt',
          'a ball bounces',
          '--model',
          'model',
          '--width',
          '32',
          '--height',
          '32',
          '--frames',
          '1',
          '--steps',
          '1',
        ],
        ...['--out', `${name}.gif`, '--save-frames', name, ...args],
      ]);
    const made = await Promise.all([clip('plain'), clip('trained', '--lora', 'run-s3/lora.safetensors')]);
    for (const { code, stderr } of made) expect(code, stderr).toBe(0);
    const [plain, trained] = ['plain', 'trained'].map((name) => readFileSync(join(folder, name, 'frame-00000.png')));
    expect(trained.equals(plain)).toBe(false);
  });
});

it('data of the hub and in Google Cloud Storage: tables and shards to samples, these to LoRAs, from both', async () => {
  const hub: Record<string, Uint8Array> = filesIn(join(packed, 'hub'), 'hub');
  const gcs: Record<string, Uint8Array> = filesIn(join(packed, 'shards'), 'shards');
  const places = [
    {
      name: 'hub',
      files: hub,
      dataset: 'hf://datasets/me/clips/hub/train-00000.parquet',
      samples: 'hf://datasets/me/clips/set',
      access: `{ endpoint: ${JSON.stringify((await serving(serveHub(hub))).endpoint)} }`,
      report: { samples: 2, encodedMedia: 2, encodedTexts: 2, rejected: [{ id: 'train-00000/0000002' }] },
    },
    {
      name: 'gcs',
      files: gcs,
      dataset: 'gs://data/shards/clips-000000.tar',
      samples: 'gs://data/set',
      access: `{ endpoint: ${JSON.stringify((await serving(serveGcs(gcs))).endpoint)}, token: env:GCS_TOKEN }`,
      report: { samples: 2, encodedMedia: 2, encodedTexts: 2, rejected: [] },
    },
  ];
  await Promise.all(
    places.map(async ({ name, files, report, ...place }) => {
      configOf(name, place);
      const env = { AIPROD_PREPROCESS__DATA__PREPROCESSED_DATA_ROOT: `set-${name}` };
      const made = await aiprod(['preprocess', `${name}.yaml`, '--json'], { env });
      expect(made.code, made.stderr).toBe(0);
      expect(JSON.parse(made.stdout)).toMatchObject(report);
      Object.assign(files, filesIn(join(folder, `set-${name}`), 'set'));
      const trained = await aiprod(['train', `${name}.yaml`, '--json']);
      expect(trained.code, trained.stderr).toBe(0);
      expect(JSON.parse(trained.stdout)).toMatchObject({ steps: 1, skipped: [], data: { cache: { damaged: 0 } } });
    }),
  );
});
