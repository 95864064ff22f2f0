/**
 * Runs one denoising step of a checkpoint that `write.mjs` wrote, within a budget of GPU memory:
 *
 *     node tools/large-checkpoint/step.mjs FOLDER [BUDGET BYTES] [WEIGHTS] [DEVICE] [FRAMES HEIGHT WIDTH]
 *
 * The budget is 2,000,000,000 bytes, weights are as stored, the device auto and the latents 2 x 8 x 8 unless told.
 */
import { withSources } from '../with-sources.mjs';

const [folder, budget = '2000000000', weights = 'as-stored', device = 'auto', frames = '2', height = '8', width = '8'] =
  process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node tools/large-checkpoint/step.mjs FOLDER [BUDGET BYTES] [WEIGHTS] [DEVICE] [FRAMES HEIGHT WIDTH]');
  process.exit(2);
}
await withSources(async (load) => {
  const { runLargeStep } = await load('/tools/large-checkpoint/step.ts');
  await runLargeStep({ folder, budgetBytes: Number(budget), weights, device, size: [Number(frames), Number(height), Number(width)] });
});
