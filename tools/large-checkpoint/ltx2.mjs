/**
 * One denoising step of the transformer of LTX-2 19B cut to a few blocks, of random weights in bf16, within a budget of GPU memory:
 *
 *     node tools/large-checkpoint/ltx2.mjs [BUDGET BYTES] [BLOCKS] [DEVICE]
 *
 * The budget is 2,500,000,000 bytes, blocks are 4 (3.8 GB, written to a temporary folder and deleted), the device auto unless told. Exit
 * code 1 when what was taken is more than 5 % off what was predicted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withSources } from '../with-sources.mjs';

const [budget = '2500000000', blocks = '4', device = 'auto'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'aiprod-ltx2-'));
try {
  await withSources(async (load) => {
    const { writeLtx2, runLtx2Step } = await load('/tools/large-checkpoint/ltx2-step.ts');
    const bytes = await writeLtx2({ folder, blocks: Number(blocks) });
    console.info(`wrote ${bytes} bytes`);
    await runLtx2Step({ folder, blocks: Number(blocks), budgetBytes: Number(budget), device });
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
