/**
 * Makes the clips of the held-out prompts with one `aiprod generate`, for score_clips.py:
 *
 *     node tools/embedded-model/generate_heldout.mjs OUT [-- --device lavapipe ...]
 *
 * Clip k has seed k and goes to OUT/kkk as PNG frames; what follows `--` is handed to aiprod.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const [out, ...rest] = process.argv.slice(2);
if (out === undefined) throw new Error('give the folder that the clips go to');
const passed = rest[0] === '--' ? rest.slice(1) : rest;

const heldOut = JSON.parse(readFileSync(join(root, 'public', 'models', 'embedded', 'heldout-prompts.json'), 'utf8'));
const jobs = heldOut.map(({ prompt }, seed) => ({ prompt, seed }));
mkdirSync(out, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'heldout-'));
const jobFile = join(work, 'jobs.json');
writeFileSync(jobFile, JSON.stringify(jobs));
const { status } = spawnSync(
  process.execPath,
  [join(root, 'bin', 'aiprod.mjs'), 'generate', '--job', jobFile, '--out', join(work, 'clip.png'), ...passed],
  {
    stdio: 'inherit',
  },
);
jobs.forEach((_, k) => {
  const target = join(out, String(k).padStart(3, '0'));
  rmSync(target, { recursive: true, force: true });
  if (status === 0) renameSync(join(work, `clip-${k}.png`), target);
});
rmSync(work, { recursive: true, force: true });
process.exitCode = status ?? 1;
