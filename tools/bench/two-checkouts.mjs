/**
 * Times our own runtime of two checkouts against each other, in turns in one process on one adapter, so that what else the
 * machine does slows both:
 *
 *     node tools/bench/two-checkouts.mjs EARLIER_CHECKOUT [--device NAME] [--rounds N] [--case TEXT] [--cpu] SUITE...
 *
 * EARLIER_CHECKOUT is a folder with an earlier commit and a node_modules (`git worktree add`, then `npm ci` or a link). Prints for
 * every case the median and the range of "this checkout is as fast, times". `--cpu` compares processor time of the whole
 * process in place of wall time, which says more on a software adapter while other work runs.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';

const here = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: 'string', default: 'software' },
    dtype: { type: 'string', default: 'f32' },
    rounds: { type: 'string', default: '7' },
    case: { type: 'string', default: '' },
    cpu: { type: 'boolean', default: false },
  },
});
const [earlier, ...suites] = positionals;
if (earlier === undefined || suites.length === 0) {
  console.error('usage: two-checkouts.mjs EARLIER_CHECKOUT [--device NAME] [--dtype f32|f16] [--rounds N] [--case TEXT] [--cpu] SUITE...');
  process.exit(2);
}

/** The parts of a checkout that measure, bundled into a folder of that checkout, so that its own dependencies are found. */
async function load(root) {
  const folder = await mkdtemp(join(root, '.bench-'));
  const parts = [
    'src/bench/index.ts',
    'src/bench/work.ts',
    'src/bench/contender.ts',
    'src/bench/training.ts',
    'src/bench/likeness.ts',
    'src/gpu/index.ts',
    'src/gpu/node.ts',
  ];
  const entry = join(folder, 'entry.ts');
  await writeFile(entry, parts.map((part) => `export * from ${JSON.stringify(join(root, part))};\n`).join(''));
  try {
    await build({
      root,
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      build: {
        ssr: entry,
        outDir: join(folder, 'out'),
        target: 'node20',
        minify: false,
        rolldownOptions: { output: { entryFileNames: 'main.mjs' } },
      },
    });
    return await import(pathToFileURL(join(folder, 'out', 'main.mjs')).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function contenderOf(checkout) {
  const gpu = await checkout.acquireNodeDevice({ preference: values.device });
  return { contender: checkout.ourContender(checkout.createGpuContext(gpu), values.dtype), adapter: gpu.adapter.description };
}

const now = values.cpu
  ? () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    }
  : () => performance.now();

const checkouts = [await load(here), await load(resolve(earlier))];
const [ours, theirs] = [await contenderOf(checkouts[0]), await contenderOf(checkouts[1])];
console.log(`${ours.adapter}, ${values.dtype}, ${values.cpu ? 'processor' : 'wall'} time, ${values.rounds} rounds`);
const figure = (value) => value.toFixed(2);
/** The cases of a suite: their names, and how a checkout makes one ready. */
function casesOf(suite) {
  if (suite !== 'train') {
    return checkouts[0].workSuites[suite].map(({ name, work }) => {
      const data = checkouts[0].workData(work);
      return { name, prepare: (contender) => contender.prepare(work, data) };
    });
  }
  return checkouts[0].trainingCases.map(({ name, training }) => {
    const data = checkouts[0].trainingData(training);
    return { name, prepare: (contender) => contender.prepareTraining(training, data) };
  });
}

for (const suite of suites) {
  for (const { name, prepare } of casesOf(suite).filter((item) => item.name.includes(values.case))) {
    const prepared = [await prepare(ours.contender), await prepare(theirs.contender)];
    const error = 1 - checkouts[0].likeness(await prepared[0].read(), await prepared[1].read()).similarity;
    const [mine, earlierTimes] = await checkouts[0].interleave(prepared, { rounds: Number(values.rounds), now });
    const ratios = mine.map((seconds, round) => earlierTimes[round] / seconds).sort((a, b) => a - b);
    const [least, median, most] = [ratios[0], ratios[Math.floor(ratios.length / 2)], ratios[ratios.length - 1]];
    const best = Math.min(...earlierTimes) / Math.min(...mine);
    console.log(
      `${suite}: ${name}: as fast, times ${figure(median)} (${figure(least)} to ${figure(most)}), of minima ${figure(best)}; ` +
        `minimum ${(Math.min(...mine) * 1000).toFixed(1)} ms; results differ by ${error.toExponential(1)}`,
    );
    for (const work of prepared) work.dispose();
  }
}
process.exit(0);
