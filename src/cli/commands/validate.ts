import { Option, type Command } from 'commander';
import { AiprodError } from '../../errors';
import { validateSet, type SampleReport, type SetReport } from '../../data';
import { openClip, openDataset } from '../../data/node';
import { abortOnSignals } from '../interrupt';
import { wholeNumber } from '../option-values';
import { createOutput, formatSeconds, type Output } from '../output';

interface ValidateOptions {
  readonly minFrames: number;
  readonly minSide: number;
  readonly json: boolean;
}

export function addValidate(command: Command): void {
  command
    .description(
      'checks a data set: damaged and unusable clips, clips that show the same, how varied it is; exit code 1 where something is wrong',
    )
    .argument(
      '<set>',
      'a folder of media with captions beside them (.txt), a description (.csv, .json, .jsonl), shards (.tar) or tables (.parquet); a path or an address',
    )
    .addOption(new Option('--min-frames <n>', 'least length of a clip').argParser(wholeNumber(1, 1_000_000)).default(9))
    .addOption(new Option('--min-side <pixels>', 'least length of the shorter side').argParser(wholeNumber(1, 16_384)).default(64))
    .addOption(new Option('--json', 'one JSON document on stdout').default(false).env('AIPROD_JSON'))
    .action((set: string, options: ValidateOptions) => validate(set, options));
}

/** Decoders keep more than one processor busy each; two clips at a time hide waiting for the disk. */
const CLIPS_AT_ONCE = 2;

async function validate(path: string, { minFrames, minSide, json }: ValidateOptions): Promise<void> {
  const output = createOutput({ json, progress: 'none', logLevel: 'info' });
  const interrupt = abortOnSignals();
  try {
    await validateAt(path, minFrames, minSide, output, interrupt.signal);
  } finally {
    interrupt.dispose();
  }
}

async function validateAt(path: string, minFrames: number, minSide: number, output: Output, signal: AbortSignal): Promise<void> {
  const { source, set } = await openDataset(path, { signal });
  const started = Date.now();
  let told = started;
  const report = await validateSet(set, {
    minFrames,
    minSide,
    concurrency: CLIPS_AT_ONCE,
    open: (file) => openClip(source, file, signal),
    signal,
    progress: (done, total) => {
      if (Date.now() - told < 2000) return;
      told = Date.now();
      output.info(`${done} of ${total} clips, about ${formatSeconds(((told - started) / 1000 / done) * (total - done))} left`);
    },
  });
  output.json(report);
  tell(report, output);
  if (report.errors === 0) return;
  throw new AiprodError('check-failed', 'The data set has faults', {
    where: path,
    found: `${report.errors} errors and ${report.warnings} warnings`,
    hint: 'Mend or remove the samples named above; warnings alone do not fail',
  });
}

function tell({ samples, rejected, duplicates, diversity, errors, warnings }: SetReport, output: Output): void {
  for (const sample of samples) for (const line of describe(sample)) output.line(line);
  for (const { id, reason } of rejected) output.line(`${id}  error unusable: ${reason}`);
  for (const { ids } of duplicates) output.line(`the same is shown by ${ids.join(', ')}`);
  const counts = (list: Readonly<Record<string, number>>): string =>
    Object.entries(list)
      .map(([name, count]) => `${count} of ${name}`)
      .join(', ');
  output.line(`${samples.length} clips, ${errors} errors, ${warnings} warnings, ${duplicates.length} groups that show the same`);
  output.line(`sizes: ${counts(diversity.sizes)}`);
  output.line(`frames a second: ${counts(diversity.frameRates)}`);
  output.line(`formats: ${counts(diversity.formats)}`);
  output.line(
    `variety: as many as ${diversity.vendi.toFixed(1)} clips with nothing in common (Vendi score); ` +
      `${(100 * diversity.distinctWords).toFixed(1)} % of the captions' words and ${(100 * diversity.distinctPairs).toFixed(1)} % of their pairs of words differ`,
  );
}

function describe({ file, findings }: SampleReport): string[] {
  return findings.map(({ severity, code, message }) => `${file}  ${severity} ${code}: ${message}`);
}
