import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parameterNames, parameterShapes } from '../../../src/models';
import { vaeTrainingGraph } from '../../../src/training';
import { Draws } from '../world/draws';
import { renderScene } from '../world/render';
import { sceneOfSeed } from '../world/scene';
import { claimFolder } from './claim-folder';
import { initialWeight } from './initial-weights';
import { touchedTokens } from './latent-stage';
import { scoreTable } from './model-card';
import { latentGrid, scheduleOf, shippedPlan, vaeLossAt } from './plan';
import { jointGraph } from './transformer-stage';
import { pixelWeights, windowOf } from './vae-stage';

const plan = shippedPlan();
const clip = renderScene(sceneOfSeed(3, { heldOut: false }));
const joint = jointGraph(plan, 1);
const vae = vaeTrainingGraph(plan.vae.config, { batch: 1, frames: 9, height: 32, width: 32 });

it('makes a model that ships in 24 MB', () => {
  const sizes = [...parameterShapes(joint).values(), ...parameterShapes(vae).values()].map((shape) => shape.reduce((a, b) => a * b, 1));
  expect(2 * sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(24e6);
  expect(latentGrid(plan)).toEqual([5, 8, 8]);
});

it('begins with weights of their shapes, gates open and branches shut', () => {
  const shapes = new Map([...parameterShapes(joint), ...parameterShapes(vae)]);
  const spread = (name: string): number => {
    const values = initialWeight(name, shapes.get(name) ?? [], 1);
    return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  };
  for (const name of [...parameterNames(joint), ...parameterNames(vae)]) {
    const silent = /bias$|conv2\.conv\.weight$|proj_out\.weight$|^transformer\.scale_shift_table$/.test(name) && !/relative/.test(name);
    if (silent) expect(spread(name), name).toBe(0);
    else expect(spread(name), name).toBeGreaterThan(0);
    expect(spread(name), name).toBeLessThan(1.2);
  }
  const table = initialWeight('transformer.transformer_blocks.0.scale_shift_table', [6, 4], 1);
  expect([...table].map((value, k) => (value === 1 ? Math.floor(k / 4) : -1)).filter((row) => row >= 0)).toEqual([2, 2, 2, 2, 5, 5, 5, 5]);
});

it('cuts windows near objects, and weighs what is near them', () => {
  for (let seed = 0; seed < 8; seed++) {
    const window = windowOf(clip, { frames: 9, size: 32 }, new Draws(seed, 3));
    expect(window.pixels).toHaveLength(9 * 32 * 32 * 3);
    expect(window.cover.some((cover) => cover === 255)).toBe(true);
  }
  const weights = pixelWeights(clip);
  expect(weights[clip.cover.indexOf(255)]).toBe(8);
  expect(Math.min(...weights)).toBe(1);
  const { size, cover } = clip;
  for (let k = 0; k < weights.length; k += 61) {
    const [row, column] = [Math.floor(k / size) % size, k % size];
    let near = 0;
    for (let y = Math.max(-3, -row); y <= Math.min(3, size - 1 - row); y++) {
      for (let x = Math.max(-3, -column); x <= Math.min(3, size - 1 - column); x++) near = Math.max(near, cover[k + y * size + x]);
    }
    expect(weights[k], `pixel ${k}`).toBeCloseTo(1 + (3 * near + 4 * cover[k]) / 255, 5);
  }
});

it('knows which tokens an object touches', () => {
  const touched = touchedTokens(clip, latentGrid(plan));
  const area = clip.size ** 2;
  for (let token = 0; token < touched.length; token++) {
    const [frame, row, column] = [Math.floor(token / 64), Math.floor(token / 8) % 8, token % 8];
    const frames = frame === 0 ? [0] : [1, 2, 3, 4].map((k) => 4 * (frame - 1) + k);
    const most = Math.max(
      ...frames.flatMap((f) =>
        Array.from({ length: 64 }, (_, k) => clip.cover[f * area + (8 * row + (k >> 3)) * 64 + 8 * column + (k % 8)]),
      ),
    );
    expect(touched[token], `token ${token}`).toBe(most > 40 ? 1 : 0);
  }
});

it('brings edges and absolute errors in late, and the rate down', () => {
  expect(vaeLossAt(0)).toMatchObject({ absolute: 0, edges: 0 });
  expect(vaeLossAt(1)).toMatchObject({ absolute: 0.3, edges: 0.25 });
  const schedule = scheduleOf(plan.vaeTraining);
  expect(schedule).toMatchObject({ type: 'warmup_stable_decay', warmupSteps: 50 });
  if (schedule.type === 'warmup_stable_decay') expect(50 + schedule.stableSteps + schedule.decaySteps).toBe(plan.vaeTraining.steps);
});

it('lets one process work in a folder, and takes over from one that is gone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'claim-'));
  try {
    const release = await claimFolder(folder);
    await expect(claimFolder(folder)).rejects.toThrow(`process ${process.pid}`);
    await release();
    // No process has a number as large.
    await writeFile(join(folder, 'running'), '2147483646');
    await (
      await claimFolder(folder)
    )();
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('a model card has the scores beside what the autoencoder allows', () => {
  const lines = scoreTable({
    prompts: 4,
    samples: { color: 1, motion: 0.75, all: 0.5 },
    reconstructions: { score: { color: 1 }, psnr: 26.71 },
  });
  expect(lines.join(' ')).toMatch(/Shares of 4 held-out prompts.*26\.7 dB/);
  const [head, , made, reconstructed] = lines.slice(-4).map((line) => line.split('|').map((cell) => cell.trim()));
  const of = (row: readonly string[], name: string): string => row[head.indexOf(name)];
  expect(['color', 'motion', 'shape', 'all'].map((name) => of(made, name))).toEqual(['1.000', '0.750', '', '0.500']);
  expect(of(reconstructed, 'color')).toBe('1.000');
});
