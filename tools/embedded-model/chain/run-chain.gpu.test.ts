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
    expect(model.vae.latent_channels).toBe(4);
    const sums = await readFile(join(folder, 'model', 'SHA256SUMS'), 'utf8');
    expect(sums.trim().split('\n')).toHaveLength(11);
  } finally {
    await rm(folder, { recursive: true });
  }
});
