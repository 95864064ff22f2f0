/**
 * Prints how much memory exports take by their length: `node tools/bench/export-memory.mjs [--seconds 60,600] [--where node,chromium]`.
 *
 * A sequence of 320x180 at 24 frames a second: a film of ten seconds over and over, and a sound as long as the longest export, Opus in MP4, turned
 * to -14 LUFS in Chromium. In Node `aiprod render` in a process of its own; in Chromium the editor's worker, from files in
 * the private file system to one there. Resident bytes are read four times a second, from the process itself or from /proc (Linux).
 */
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { parseArgs, promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { withSources } from '../with-sources.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60,600' }, where: { type: 'string', default: 'node,chromium' } },
});
const lengths = values.seconds.split(',').map(Number);
const longest = Math.max(...lengths);
const MIB = 2 ** 20;
/** As `workers/editor/testing/long-sound.ts` has it. */
const [width, height, filmFrames] = [320, 180, 240];
const frameRate = { numerator: 24, denominator: 1 };

const report = (where, seconds, rss, took, extra) =>
  console.log(
    `${where}  ${String(seconds).padStart(4)} s  peak ${(rss.peak / MIB).toFixed(0)} MiB  ` +
      `second half at most ${(rss.late / MIB).toFixed(0)} MiB, first ${(rss.early / MIB).toFixed(0)} MiB  ${took.toFixed(0)} s  ${extra}`,
  );

/** Peak of samples, and of each half of them. */
const peaksOf = (samples) => {
  const most = (list) => list.reduce((peak, sample) => Math.max(peak, sample), 0);
  const half = samples.length >> 1;
  return { peak: most(samples), early: most(samples.slice(0, half)), late: most(samples.slice(half)) };
};

/** Loaded into the command: writes the resident bytes of its process, sampled over its life, when it ends. */
const sampler = (file) => `
import { writeFileSync } from 'node:fs';
const samples = [];
const timer = setInterval(() => samples.push(process.memoryUsage.rss()), 250);
timer.unref();
process.on('exit', () => writeFileSync(${JSON.stringify(file)} + process.pid + '.json', JSON.stringify(samples)));
`;

/** A film of ten seconds, and a sound that never repeats beside pictures of nothing: `film.mp4`, `sound.mp4`. */
async function writeMedia(load, folder) {
  const { openVideoWriter } = await load('/src/media/node.ts');
  const { testFrame } = await load('/src/media/testing.ts');
  const { longSound } = await load('/workers/editor/testing/long-sound.ts');
  const film = await openVideoWriter(join(folder, 'film.mp4'), { width, height, frameRate, format: 'mp4' });
  for (let index = 0; index < filmFrames; index++) await film.addFrame(testFrame(width, height, index), index);
  await film.finish();
  const slow = { width: 16, height: 16, frameRate: { numerator: 1, denominator: 1 }, format: 'mp4' };
  const sound = await openVideoWriter(join(folder, 'sound.mp4'), { ...slow, sound: { source: longSound(longest) } });
  const black = new Uint8Array(16 * 16 * 4);
  for (let second = 0; second < longest; second++) await sound.addFrame(black, second);
  await sound.finish();
}

async function inNode(load) {
  const folder = await mkdtemp(join(tmpdir(), 'aiprod-export-memory-'));
  try {
    await writeMedia(load, folder);
    // Bundles the command where its sources have changed: not to be measured.
    await promisify(execFile)(process.execPath, [join(root, 'bin', 'aiprod.mjs'), '--version']);
    const { emptyProject, writeProject } = await load('/src/project/index.ts');
    const { longSequence } = await load('/workers/editor/testing/long-sound.ts');
    const media = [];
    for (const [id, kind] of [
      ['film', 'video'],
      ['sound', 'audio'],
    ]) {
      const bytes = await readFile(join(folder, `${id}.mp4`));
      const fingerprint = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      const shape = kind === 'video' ? { width, height, frames: filmFrames, rate: frameRate } : {};
      media.push({ id, name: `${id}.mp4`, kind, path: `${id}.mp4`, fingerprint, bytes: bytes.length, ...shape });
    }
    for (const seconds of lengths) {
      const sequence = longSequence(seconds);
      await writeFile(join(folder, 'project.json'), writeProject({ ...emptyProject('p', 'Long', sequence), media, sequence }));
      await writeFile(join(folder, 'sampler.mjs'), sampler(join(folder, 'samples-')));
      const began = performance.now();
      const command = [join(root, 'bin', 'aiprod.mjs'), 'render', 'project.json', '--out', 'out.mp4', '--progress', 'none'];
      await promisify(execFile)(process.execPath, ['--import', join(folder, 'sampler.mjs'), ...command], { cwd: folder });
      // The command starts itself once more: the process that works is the larger one.
      const names = (await readdir(folder)).filter((name) => name.startsWith('samples-'));
      const samples = await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))));
      for (const name of names) await rm(join(folder, name));
      const [largest] = samples.map(peaksOf).toSorted((a, b) => b.peak - a.peak);
      const { size } = await stat(join(folder, 'out.mp4'));
      report('Node    ', seconds, largest, (performance.now() - began) / 1000, `file ${(size / MIB).toFixed(1)} MiB`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function inChromium(load) {
  const { openChecks } = await load('/workers/editor/testing/checks-browser.ts');
  const { page, close } = await openChecks();
  try {
    const session = await page.context().browser().newBrowserCDPSession();
    const residentBytes = async () => {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      const all = await Promise.all(
        processInfo
          .filter(({ type }) => type === 'renderer')
          .map(async ({ id }) => Number((await readFile(`/proc/${id}/statm`, 'utf8').catch(() => '0 0')).split(' ')[1]) * 4096),
      );
      return Math.max(...all);
    };
    await page.evaluate((seconds) => globalThis.editorChecks.prepareLongExport(seconds), longest);
    for (const seconds of lengths) {
      const samples = [];
      let busy = false;
      const timer = setInterval(() => {
        if (busy) return;
        busy = true;
        residentBytes()
          .then((bytes) => samples.push(bytes))
          .finally(() => (busy = false));
      }, 250);
      const began = performance.now();
      const bytes = await page.evaluate((length) => globalThis.editorChecks.longExport(length), seconds);
      clearInterval(timer);
      report('Chromium', seconds, peaksOf(samples), (performance.now() - began) / 1000, `file ${(bytes / MIB).toFixed(1)} MiB`);
    }
  } finally {
    await close();
  }
}

console.log(
  `${cpus().length} processors, load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
await withSources(async (load) => {
  if (values.where.includes('node')) await inNode(load);
  if (values.where.includes('chromium')) await inChromium(load);
});
console.log(
  `load ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
