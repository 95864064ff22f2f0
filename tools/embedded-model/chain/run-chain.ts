import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { claimFolder } from './claim-folder';
import { exportModel } from './export-model';
import { encodeLatents } from './latent-stage';
import { writeModelCard } from './model-card';
import type { ChainPlan } from './plan';
import { scoreModel, scoreReconstructions, writeScored } from './score-model';
import { fileExists, weightsPath, type Workplace } from './stage';
import { trainTransformer } from './transformer-stage';
import { trainVae } from './vae-stage';

/** What is left to do when a chain stops. */
export type ChainOutcome = 'vae' | 'latents' | 'transformer' | 'done';

/**
 * The embedded model from nothing: autoencoder, latents, transformer with its text encoder, model folder. Each stage goes on from what the
 * folder has. The model is written to `model` in the folder when all are done.
 * @param scored held-out prompts that are made and scored at the end, and when the autoencoder stops
 */
export async function runChain(plan: ChainPlan, workplace: Workplace, scored: number): Promise<ChainOutcome> {
  await mkdir(workplace.folder, { recursive: true });
  const release = await claimFolder(workplace.folder);
  try {
    return await runStages(plan, workplace, scored);
  } finally {
    await release();
  }
}

async function runStages(plan: ChainPlan, workplace: Workplace, scored: number): Promise<ChainOutcome> {
  const { folder, context, seed, log, interrupted } = workplace;
  const vaeDone = await trainVae(plan, workplace);
  let reconstructions: Awaited<ReturnType<typeof scoreReconstructions>> | undefined;
  if (scored > 0 && !interrupted() && (await fileExists(weightsPath(folder, 'vae')))) {
    reconstructions = await scoreReconstructions(plan, scored, workplace);
    await writeScored(folder, 'reconstructions', reconstructions);
    log(`reconstructions: ${reconstructions.psnr.toFixed(2)} dB, ${JSON.stringify(reconstructions.score)}`);
  }
  if (!vaeDone) return 'vae';
  if (!(await encodeLatents(plan, workplace))) return 'latents';
  if (!(await trainTransformer(plan, workplace))) return 'transformer';
  const model = join(folder, 'model');
  await exportModel(plan, folder, model);
  if (scored === 0 || reconstructions === undefined) {
    await writeModelCard(plan, folder, model, seed);
    return 'done';
  }
  const made = await scoreModel(model, scored, context);
  await writeScored(folder, 'samples', made);
  log(`samples: ${JSON.stringify(made.score)}`);
  await writeModelCard(plan, folder, model, seed, { prompts: scored, samples: made.score, reconstructions });
  return 'done';
}
