import { AiprodError } from '../errors';
import type { ProgressEvent } from '../pipelines';
import type { TrainingProgress } from '../training-run';

/** How a command speaks: results to stdout, everything else to stderr. */
export interface Output {
  /** A result for people; silent with --json. */
  line(text: string): void;
  /** The command's result as one JSON document; silent without --json. */
  json(value: unknown): void;
  /** Information on stderr; silent at --log-level error. */
  info(text: string): void;
  progress(event: ProgressEvent | TrainingProgress): void;
  /** Ends a progress bar's line. */
  endProgress(): void;
}

export interface OutputOptions {
  readonly json: boolean;
  readonly progress: 'auto' | 'json' | 'none';
  readonly logLevel: 'error' | 'info';
}

const stageWords = { load: 'loading', text: 'reading the prompt', denoise: 'denoising', decode: 'decoding', write: 'writing' } as const;
const barWidth = 28;

export function createOutput(
  options: OutputOptions,
  stdout: NodeJS.WriteStream = process.stdout,
  stderr: NodeJS.WriteStream = process.stderr,
): Output {
  let barShown = false;
  const endProgress = (): void => {
    if (barShown) stderr.write('\n');
    barShown = false;
  };
  const bar = (done: number, of: number, text: string): void => {
    const filled = Math.round((done / Math.max(1, of)) * barWidth);
    stderr.write(`\r\x1b[2K${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${text}`);
    barShown = true;
  };
  const info = (text: string): void => {
    if (options.logLevel === 'error') return;
    endProgress();
    if (options.progress === 'json') stderr.write(`${JSON.stringify({ message: text })}\n`);
    else stderr.write(`${text}\n`);
  };
  return {
    line(text) {
      endProgress();
      if (!options.json) stdout.write(`${text}\n`);
    },
    json(value) {
      if (options.json) stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    info,
    progress(event) {
      if (event.kind === 'notice') info(event.message);
      if ((event.kind !== 'progress' && event.kind !== 'training') || options.progress === 'none') return;
      if (options.progress === 'json') {
        const { kind, ...rest } = event;
        stderr.write(`${JSON.stringify(kind === 'training' ? { stage: 'train', ...rest } : rest)}\n`);
        return;
      }
      const { step, steps } = event;
      const text = event.kind === 'training' ? describeTraining(event) : describeProgress(event);
      if (stderr.isTTY) bar(step, steps, text);
      else if (options.logLevel !== 'error' && (step === steps || step % 5 === 0)) stderr.write(`${text}\n`);
    },
    endProgress,
  };
}

function describeProgress({ stage, step, steps, etaSeconds }: ProgressEvent & { readonly kind: 'progress' }): string {
  return `${stageWords[stage]} ${step}/${steps}${timeLeft(etaSeconds)}`;
}

function describeTraining({ step, steps, loss, learningRate, stepsPerSecond, gpuBytes, etaSeconds }: TrainingProgress): string {
  const rate = stepsPerSecond >= 1 ? `${stepsPerSecond.toPrecision(3)} steps/s` : `${(1 / stepsPerSecond).toPrecision(3)} s/step`;
  const figures = `loss ${loss.toPrecision(4)}, rate ${learningRate.toPrecision(3)}, ${rate}, ${formatBytes(gpuBytes)}`;
  return `training ${step}/${steps}: ${figures}${timeLeft(etaSeconds)}`;
}

const timeLeft = (seconds: number | undefined): string => (seconds === undefined ? '' : `, ${formatSeconds(seconds)} left`);

/** `8 s`, `3 min 20 s`, `1 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `21.7 MB`; powers of 1000, as disks and cards are sold. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? `${bytes} bytes` : `${value.toFixed(1)} ${units[unit]}`;
}

/** An error as the command line shows it. */
export function describeError(error: unknown): string {
  if (error instanceof AiprodError) return `error: ${error.message}`;
  if (error instanceof Error) return `error: ${error.stack ?? error.message}`;
  return `error: ${String(error)}`;
}
