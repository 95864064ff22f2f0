/**
 * Every check, one after the other: `node tools/checks/run.mjs [NAME...]` (all of them without names; `summary` runs none
 * and counts the reports of the run before). A failing check does not
 * keep the later ones from running; the exit code says whether all passed, and the last line counts the tests.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closingLine, countReport, countReports, failuresIn } from './reports.mjs';

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

/** Every test of f16: reference cases, single operations, the executor. What runs in f32 needs no second adapter. */
const f16Tests = 'stores f16|, f16';

/** In order: what is quick to fail first. `report` is the file that the check's runner writes its counts to. */
const checks = [
  { name: 'typecheck', command: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'lint', command: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0'] },
  { name: 'format', command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'] },
  { name: 'unit', command: vitest('unit', 'unit.json'), report: 'unit.json' },
  { name: 'gpu', command: vitest('gpu', `gpu-${adapter}.json`), report: `gpu-${adapter}.json` },
  // Only when asked for, on an adapter with shader-f16.
  {
    name: 'gpu-f16',
    onRequest: true,
    command: [...vitest('gpu', 'gpu-f16.json'), 'src/graph', 'src/verify/golden', '-t', f16Tests],
    report: 'gpu-f16.json',
  },
  { name: 'build', command: ['tools/build.mjs'] },
  { name: 'package', command: ['tools/checks/package.mjs'] },
  { name: 'e2e', command: ['node_modules/@playwright/test/cli.js', 'test'], report: 'e2e.json' },
];

function run(command) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: 'inherit' });
    child.on('error', reject);
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

const wanted = process.argv.slice(2).filter((argument) => argument !== '--keep-reports');
const keepReports = process.argv.includes('--keep-reports') || wanted.includes('summary');
const unknown = wanted.filter((name) => name !== 'summary' && !checks.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(`no check named ${unknown.join(', ')}; there are ${checks.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
// CI runs the GPU tests once more on another adapter and counts both runs together.
if (!keepReports) await rm(results, { recursive: true, force: true });
await mkdir(results, { recursive: true });

const failed = [];
for (const check of checks) {
  if (wanted.length > 0 ? !wanted.includes(check.name) : check.onRequest === true) continue;
  console.info(`\n== ${check.name}`);
  if (check.report !== undefined) await rm(join(results, check.report), { force: true });
  await rm(join(results, `${check.name}-failed.json`), { force: true });
  const start = performance.now();
  const code = await run(check.command);
  if (code !== 0) {
    failed.push(check.name);
    const told = check.report !== undefined && (await tellsOfFailure(check.report));
    if (!told) await writeFile(join(results, `${check.name}-failed.json`), JSON.stringify({ exitCode: code }));
  }
  console.info(
    `== ${check.name}: ${code === 0 ? 'ok' : `failed with exit code ${code}`} (${Math.round((performance.now() - start) / 1000)} s)`,
  );
}

if (wanted.length === 0 || failed.length > 0) console.info(failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.join(', ')}`);
// Once more at the end, by name: of a long run, often only the end is at hand.
for (const failure of await failuresIn(results)) console.info(`failed: ${failure}`);
const total = await countReports(results);
console.info(closingLine(total));
process.exitCode = failed.length > 0 || total.failed > 0 ? 1 : 0;
