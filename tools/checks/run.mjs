/**
 * Every check, two at once: `node tools/checks/run.mjs [NAME...]`. `all`, or no name, means those that need nothing beyond npm. A
 * failing check does not keep the later ones from running; the exit code says whether all passed, and the last line counts the tests.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { closingLine, countReport, countReports, failuresIn } from './reports.mjs';
import { runSideBySide } from './side-by-side.mjs';

const root = join(import.meta.dirname, '..', '..');
const results = join(root, 'test-results');
const adapter = process.env.AIPROD_ADAPTER ?? 'swiftshader';

const vitest = (project, report) => [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--project',
  project,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=test-results/${report}`,
];

/** Every test of f16, by its name, and where such tests are. What runs in f32 needs no second adapter. */
const f16Tests = ' f16';
const f16Places = [
  'src/graph',
  'src/verify/golden',
  'src/training/trainer',
  'src/models/ltx-video/perturbations',
  'src/pipelines/finite-encoding',
];

/**
 * Most checks work on one core, so that two at once fill the two of CI. The longest comes first, beside it what is quick to fail. `report` is
 * the file that the check's runner writes its counts to.
 */
const checks = [
  { name: 'gpu', command: vitest('gpu', `gpu-${adapter}.json`), report: `gpu-${adapter}.json` },
  { name: 'typecheck', command: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'lint', command: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0'] },
  { name: 'format', command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'] },
  { name: 'unit', command: vitest('unit', 'unit.json'), report: 'unit.json' },
  { name: 'build', command: ['tools/build.mjs'] },
  { name: 'package', needs: ['build'], command: ['tools/checks/package.mjs'] },
  // Only when asked for: it needs lavapipe, whose LLVM compiles every variant of a kernel for seconds, so that only what SwiftShader
  // cannot run is run on it.
  {
    name: 'gpu-f16',
    onRequest: true,
    yields: true,
    env: { AIPROD_ADAPTER: 'lavapipe' },
    longest: 1500_000,
    command: [...vitest('gpu', 'gpu-f16.json'), ...f16Places, '-t', f16Tests],
    report: 'gpu-f16.json',
  },
  // The browser's tests measure times: beside them there is only what yields.
  { name: 'e2e', needs: ['gpu', 'package'], command: ['node_modules/@playwright/test/cli.js', 'test'], report: 'e2e.json' },
];

/** Checks at once. */
const lanes = 2;

/** Niceness of what yields: a tenth of the time of what does not, where both want all of it. */
const yieldingPriority = 10;

/** Longest that output is waited for when a check has ended, in milliseconds: what it left running may hold its streams. */
const outputPatience = 2000;

/** Runs a check; each line that it prints begins with its name. @returns {Promise<number>} its exit code */
function run({ name, command, env, longest, yields = false }) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, {
      ...{ cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
      timeout: longest,
    });
    child.on('error', reject);
    child.on('spawn', () => yields && setPriority(child.pid, yieldingPriority));
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      createInterface({ input: from, crlfDelay: Infinity }).on('line', (line) => to.write(`${name} | ${line}\n`));
    }
    child.on('exit', () => setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream.destroy()), outputPatience).unref());
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** Whether the runner left a report that tells of a failure; a crashed one leaves none, or one that was cut off. */
async function tellsOfFailure(report) {
  try {
    return countReport(JSON.parse(await readFile(join(results, report), 'utf8'))).failed > 0;
  } catch {
    await rm(join(results, report), { force: true });
    return false;
  }
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => name !== 'all' && !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(`no check named ${unknown.join(', ')}; there are ${checks.map(({ name }) => name).join(', ')} and all`);
  process.exit(2);
}
const all = asked.length === 0 || asked.includes('all');
const wanted = checks.filter(({ name, onRequest = false }) => asked.includes(name) || (all && !onRequest));
await rm(results, { recursive: true, force: true });
await mkdir(results, { recursive: true });

const failed = [];
await runSideBySide(wanted, lanes, async (check) => {
  console.info(`== ${check.name}`);
  const start = performance.now();
  const code = await run(check);
  if (code !== 0) {
    failed.push(check.name);
    const told = check.report !== undefined && (await tellsOfFailure(check.report));
    if (!told) await writeFile(join(results, `${check.name}-failed.json`), JSON.stringify({ exitCode: code }));
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  console.info(`== ${check.name}: ${code === 0 ? 'ok' : `failed with exit code ${code}`} (${seconds} s)`);
});

if (all || failed.length > 0) console.info(failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.join(', ')}`);
// Once more at the end, by name: of a long run, often only the end is at hand.
for (const failure of await failuresIn(results)) console.info(`failed: ${failure}`);
const total = await countReports(results);
console.info(closingLine(total));
process.exitCode = failed.length > 0 || total.failed > 0 ? 1 : 0;
