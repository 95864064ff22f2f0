/** The first clip of a newcomer: `npm run first-clip [-- --prompt TEXT ...]` makes clip.mp4 with the embedded model. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const launcher = join(import.meta.dirname, '..', 'bin', 'aiprod.mjs');
const given = process.argv.slice(2);
const defaults = { '--prompt': 'a red ball bouncing up and down over the grass by day', '--out': 'clip.mp4' };
const missing = Object.entries(defaults).filter(
  ([flag]) => !given.some((argument) => argument === flag || argument.startsWith(`${flag}=`)),
);

const { status } = spawnSync(process.execPath, [launcher, 'generate', ...missing.flat(), ...given], { stdio: 'inherit' });
if (status === 0) {
  console.error('\nNow the same in the browser: npm run studio, then open http://127.0.0.1:4173/ in Chrome.');
}
process.exitCode = status ?? 1;
