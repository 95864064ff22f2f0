/**
 * Measures against onnxruntime-web in the Chromium of the tests; see docs/benchmarks/README.md. Prints the table and writes
 * test-results/bench-chromium.json, a report like those of `aiprod bench --json`.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@playwright/test';
import { build, preview } from 'vite';

const suites = (process.env.BENCH_SUITES ?? 'matmul,attention,conv3d,norm,block').split(',');
const rounds = Number(process.env.BENCH_ROUNDS ?? '5');
const filter = process.env.BENCH_CASE;
const large = process.env.BENCH_LARGE === '1';

test('ours and onnxruntime-web, interleaved', async ({ page }) => {
  const outDir = await mkdtemp(join(tmpdir(), 'aiprod-bench-'));
  const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
  const shared = { configFile: false, root: import.meta.dirname, publicDir: false, logLevel: 'error' } as const;
  await build({ ...shared, build: { outDir, emptyOutDir: true, target: 'es2023', minify: false } });
  const server = await preview({ ...shared, build: { outDir }, preview: { host: '127.0.0.1', port: 0, strictPort: false, headers } });
  try {
    const [loadBefore] = loadavg();
    page.on('console', (message) => console.info(message.text()));
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    await page.waitForFunction(() => window.measure !== undefined);
    const measured = await page.evaluate((request) => window.measure?.(request), {
      suites,
      rounds,
      large,
      ...(filter === undefined ? {} : { filter }),
    });
    if (measured === undefined) throw new Error('the page measured nothing');
    const report = { ...measured, system: { ...measured.system, processors: cpus().length, load: [loadBefore, loadavg()[0]] } };
    await mkdir('test-results', { recursive: true });
    await writeFile('test-results/bench-chromium.json', JSON.stringify(report, null, 2));
    for (const { suite, name, results, ratios, unsupported } of report.cases) {
      console.info(`${suite}: ${name}`);
      for (const { contender, version, median, min, gflops } of results)
        console.info(
          `  ${contender}: median ${median.toFixed(4)} s, min ${min.toFixed(4)} s, ${gflops?.toFixed(2) ?? '-'} GFLOP/s (${version})`,
        );
      for (const ratio of ratios)
        console.info(
          `  ours is ${ratio.median.toFixed(2)} times as fast as ${ratio.peer} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})`,
        );
      for (const { peer, reason } of unsupported) console.info(`  ${peer}: ${reason}`);
    }
  } finally {
    await server.close();
    await rm(outDir, { recursive: true, force: true });
  }
});
