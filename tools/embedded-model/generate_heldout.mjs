/**
 * Makes the clips of the held-out prompts with `aiprod generate`, for score_clips.py:
 *
 *     node tools/embedded-model/generate_heldout.mjs OUT [--first 0] [--last 63] [-- --device lavapipe ...]
 *
 * Clip k goes to OUT/kkk/frame-*.png with seed k; clips that are there already are kept, so that a stopped run goes on.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const split = process.argv.indexOf('--');
const own = split === -1 ? process.argv.slice(2) : process.argv.slice(2, split);
const passed = split === -1 ? [] : process.argv.slice(split + 1);
const { values, positionals } = parseArgs({
  args: own,
  allowPositionals: true,
  options: { first: { type: 'string', default: '0' }, last: { type: 'string', default: '63' } },
});
const [out] = positionals;
if (out === undefined) throw new Error('give the folder that the clips go to');
mkdirSync(out, { recursive: true });

const heldOut = JSON.parse(readFileSync(join(root, 'public', 'models', 'embedded', 'heldout-prompts.json'), 'utf8'));
const prompts = Array.isArray(heldOut) ? heldOut : heldOut.prompts;

function generate(index) {
  const name = String(index).padStart(3, '0');
  const frames = join(out, name);
  if (existsSync(frames)) return Promise.resolve();
  const clip = join(out, `${name}.mp4`);
  const args = ['generate', '--prompt', prompts[index].prompt, '--seed', String(index), '--out', clip, '--save-frames', frames, ...passed];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'aiprod.mjs'), ...args, '--log-level', 'error', '--progress', 'none'], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`clip ${name} ended with ${code}`))));
  });
}

for (let index = Number(values.first); index <= Math.min(Number(values.last), prompts.length - 1); index++) await generate(index);
