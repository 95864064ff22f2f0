import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testContext } from '../../../src/graph/testing';
import { openLtxModel } from '../../../src/pipelines';
import { openNodeFolder } from '../../../src/weights/node';
import { tinyPlan } from './plan';
import { runChain, type ChainOutcome } from './run-chain';

it('makes a model from nothing, in pieces', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'embedded-chain-'));
  try {
    const plan = tinyPlan({ vae: 2, transformer: 2, clips: 64 });
    const lines: string[] = [];
    const piece = async (stops: () => boolean): Promise<ChainOutcome> =>
      runChain(
        plan,
        { folder, context: await testContext(), seed: 1, stops, interrupted: () => false, log: (line) => lines.push(line) },
        0,
      );
    let steps = 0;
    expect(await piece(() => ++steps > 1)).toBe('vae');
    expect(await piece(() => false)).toBe('done');
    expect(lines.filter((line) => /step 2 of 2: loss \d/.test(line))).toHaveLength(2);
    const model = await openLtxModel(await openNodeFolder(join(folder, 'model')), 'tiny');
    await model.close();
    expect(model.vae.latent_channels).toBe(4);
    const sums = await readFile(join(folder, 'model', 'SHA256SUMS'), 'utf8');
    expect(sums.trim().split('\n')).toHaveLength(11);
    const card = await readFile(join(folder, 'model', 'README.md'), 'utf8');
    expect(card).toMatch(
      /^---\nlicense: apache-2\.0\n[^]*\| clip \| 16 x 16 pixels, 5 frames, 8 a second \|[^]*8 x 8 x 4 compression to 4 channels/,
    );
    expect(card).toMatch(/seed 1:[^]*autoencoder: 2 steps of 1 clips/);
    expect(card).toContain('None were measured.');
  } finally {
    await rm(folder, { recursive: true });
  }
});
