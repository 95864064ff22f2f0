import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { GpuContext } from '../../gpu';
import { runGraph } from '../../graph';
import { openGoldenCase, verifyCase, type OpenedCase, type TensorCheck } from '../../verify';
import { openNodeFolder } from '../../weights/node';
import { withContext } from '../device';
import { outputOf, readGlobalOptions } from '../global-options';
import type { Output } from '../output';

export function addVerify(command: Command): void {
  command
    .description('checks this implementation against folders of reference data')
    .argument('<dir...>', 'folders that hold case.json, io.safetensors and, for models, config.json and weights')
    .action((directories: string[]) => verify(command, directories));
}

const tokenizerKey = z.object({ key: z.string() });

interface CaseReport {
  readonly case: string;
  readonly dtype: 'f32' | 'f16';
  readonly checks: readonly TensorCheck[];
  /** Why the case could not be checked at all. */
  readonly error?: string;
}

async function verify(command: Command, directories: readonly string[]): Promise<void> {
  const globals = readGlobalOptions(command);
  const output = outputOf(globals);
  const reports: CaseReport[] = [];
  await withContext(globals, output, async (context) => {
    const dtype = globals.dtype === 'f16' ? 'f16' : 'f32';
    if (dtype === 'f16' && !context.capabilities.f16) {
      throw new AiprodError('missing-feature', 'this adapter cannot compute in f16', {
        expected: 'the shader-f16 feature',
        found: context.gpu.adapter.description,
        hint: 'Use --dtype f32, or another adapter with --device',
      });
    }
    for (const directory of directories) {
      const report = await verifyFolder(directory, dtype, context);
      reports.push(report);
      printReport(report, output);
    }
  });
  output.json(reports);
  const failed = reports.filter((report) => report.error !== undefined || report.checks.some((check) => !check.passed));
  output.line(`${reports.length - failed.length} of ${reports.length} cases agree with the reference`);
  if (failed.length > 0) {
    throw new AiprodError('check-failed', `${failed.length} of ${reports.length} cases do not agree`, {
      found: failed.map((report) => report.case).join(', '),
    });
  }
}

async function verifyFolder(directory: string, dtype: 'f32' | 'f16', context: GpuContext): Promise<CaseReport> {
  const path = resolve(directory);
  const name = basename(path);
  try {
    const opened = await openGoldenCase(await openNodeFolder(dirname(path)), name);
    const checks = await verifyCase(withNamedTokenizer(opened), {
      dtype,
      run: (graph, inputs, read) => runGraph(context, graph, inputs, read),
    });
    return { case: name, dtype, checks };
  } catch (error) {
    // One case that cannot be checked must not hide what the others say; it counts as failed.
    if (!(error instanceof AiprodError) || error.code === 'device-lost') throw error;
    return { case: name, dtype, checks: [], error: error.message };
  }
}

/** A case about a real tokenizer does not hold its file; `GOLDEN_TOKENIZER_<key of the case>` may name it. */
function withNamedTokenizer(opened: OpenedCase): OpenedCase {
  const { success, data } = tokenizerKey.safeParse(opened.golden.params);
  const path = success ? process.env[`GOLDEN_TOKENIZER_${data.key}`] : undefined;
  if (path === undefined) return opened;
  return { ...opened, readText: (file) => (file === 'tokenizer.json' ? readFile(path, 'utf8') : opened.readText(file)) };
}

function printReport(report: CaseReport, output: Output): void {
  if (report.error !== undefined) output.line(`${report.case}  FAIL  ${report.error}`);
  for (const check of report.checks) {
    const numbers = `abs ${check.largestAbsolute.toExponential(2)}  rel ${check.relative.toExponential(2)}  tolerance ${check.tolerance.toExponential(2)}`;
    output.line(
      `${report.case}/${check.name}  ${numbers}  ${check.passed ? 'pass' : 'FAIL'}${check.note === undefined ? '' : `  ${check.note}`}`,
    );
  }
}
