import { readFile } from 'node:fs/promises';
import { cpus, loadavg, platform, release } from 'node:os';
import { join } from 'node:path';
import { Argument, type Command } from 'commander';
import { z } from 'zod';
import {
  caseLines,
  compareReports,
  comparisonLines,
  headLine,
  memoryAgrees,
  parseReport,
  runBench,
  suiteNames,
  tailLines,
  withFigures,
  type BenchClock,
  type BenchReport,
  type Comparison,
  type SuiteName,
} from '../../bench';
import { compositingSuite, startNodePeers, startSuite } from '../../bench/node';
import { AiprodError } from '../../errors';
import type { GpuContext } from '../../gpu';
import { requireLtxVideo, type LtxModel } from '../../pipelines';
import { withContext } from '../device';
import { outputOf, readGlobalOptions, type GlobalOptions } from '../global-options';
import { openModel, packageRoot } from '../model-location';
import { wholeNumber } from '../option-values';
import type { Output } from '../output';

const optionsSchema = z.object({
  peers: z.boolean().default(false),
  baseline: z.string().optional(),
  torch: z.string().optional(),
  rounds: z.number().default(5),
  case: z.string().optional(),
  cpu: z.boolean().default(false),
  large: z.boolean().default(false),
  model: z.string().default('embedded'),
});
type BenchOptions = z.output<typeof optionsSchema>;

export function addBench(command: Command): void {
  command
    .description('measures; see docs/benchmarks')
    .addArgument(new Argument('[suite...]', 'what to measure; all when none is named').choices(suiteNames))
    .option('--peers', 'runs the same work on jax-js and tfjs in the same process, interleaved')
    .option('--baseline <file>', 'compares with a report that --json wrote earlier')
    .option('--torch <file>', 'adds the figures of tools/bench/torch_cpu.py')
    .option('--rounds <n>', 'interleaved rounds that are counted', wholeNumber(1, 1000))
    .option('--cpu', 'compares processor time of this process: for software adapters while other work runs')
    .option('--case <text>', 'only cases whose name contains this')
    .option('--large', 'the largest shapes on a software adapter too: minutes each')
    .option('--model <name>', 'model of the suites step and memory: embedded, or a folder in diffusers layout')
    .action((suites: readonly string[]) =>
      bench(
        command,
        suiteNames.filter((name) => suites.length === 0 || suites.includes(name)),
      ),
    );
}

async function bench(command: Command, suites: readonly SuiteName[]): Promise<void> {
  const globals = readGlobalOptions(command);
  const options = optionsSchema.parse(command.opts());
  const output = outputOf(globals);
  // Files first: a wrong path must not be told after minutes of measuring.
  const baseline = options.baseline === undefined ? undefined : parseReport(await readText(options.baseline), options.baseline);
  const figures = options.torch === undefined ? undefined : await readText(options.torch);
  const measured = await measure(suites, options, globals, output);
  const report = figures === undefined || options.torch === undefined ? measured : withFigures(measured, figures, options.torch);
  const comparison = baseline === undefined ? undefined : compareReports(report, baseline);
  print(report, comparison, output);
  const differing = report.cases.filter((one) => one.memory !== undefined && !memoryAgrees(one.memory));
  if (differing.length > 0) {
    throw new AiprodError('check-failed', 'memory held differs from the prediction by more than 5 %', {
      found: differing.map(({ name }) => name).join('; '),
    });
  }
}

async function measure(suites: readonly SuiteName[], options: BenchOptions, globals: GlobalOptions, output: Output): Promise<BenchReport> {
  return withContext(globals, output, async (context) => {
    let model: Promise<LtxModel> | undefined;
    const [loadBefore] = loadavg();
    try {
      const report = await runBench({
        suites,
        context,
        dtype: chooseDtype(globals, context),
        peers: options.peers ? await startNodePeers(globals.device) : [],
        rounds: options.rounds,
        ...(options.cpu ? { clock: processorClock } : {}),
        ...(options.case === undefined ? {} : { filter: options.case }),
        large: options.large,
        openModel: () => (model ??= openModel(options.model).then((opened) => requireLtxVideo(opened, 'benchmarks'))),
        compositing: (rounds) => compositingSuite(context, rounds),
        start: (rounds) =>
          startSuite(
            [process.execPath, join(packageRoot(), 'bin', 'aiprod.mjs')],
            ['--device', globals.device, '--dtype', globals.dtype],
            rounds,
          ),
        onProgress: (text) => output.info(text),
        // At once: what was measured before an interruption is not lost.
        onCase: (one) => caseLines(one).forEach((line) => (globals.json ? output.info(line) : output.line(line))),
        system: { runtime: `Node ${process.version}`, platform: `${platform()} ${release()}`, processors: cpus().length },
      });
      return { ...report, system: { ...report.system, load: [loadBefore, loadavg()[0]] } };
    } finally {
      await (await model)?.close();
    }
  });
}

const processorClock: BenchClock = {
  name: 'processor',
  now() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/** f32 unless asked otherwise: the peers compute in it. */
function chooseDtype({ dtype }: GlobalOptions, context: GpuContext): 'f32' | 'f16' {
  if (dtype !== 'f16') return 'f32';
  if (context.capabilities.f16) return 'f16';
  throw new AiprodError('missing-feature', 'this adapter cannot compute in f16', {
    expected: 'the shader-f16 feature',
    found: context.gpu.adapter.description,
    hint: 'Use --dtype f32',
  });
}

function print(report: BenchReport, comparison: Comparison | undefined, output: Output): void {
  output.json(comparison === undefined ? report : { ...report, comparison });
  output.line(headLine(report));
  for (const line of [...tailLines(report), ...(comparison === undefined ? [] : comparisonLines(comparison))]) output.line(line);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AiprodError(
      'bad-input',
      'the file cannot be read',
      { where: path, found: cause instanceof Error ? cause.message : String(cause), hint: 'Check the path' },
      { cause },
    );
  }
}
