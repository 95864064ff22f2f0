/** The suite `start`: `aiprod generate` as a newcomer runs it, in a process of its own. Node only. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { version } from '../../package.json';
import { AiprodError } from '../errors';
import { memoryCase } from './model-suites';
import { oursName } from './ours';
import { benchResult, type BenchCase } from './report';

const progressSchema = z.object({ stage: z.string(), step: z.number() });
const resultSchema = z.object({ dtype: z.enum(['f32', 'f16']), memory: z.object({ forecastBytes: z.number(), peakBytes: z.number() }) });

interface Clip {
  /** Seconds from starting the process to the end of the first denoising step, and to its exit. */
  readonly firstStep: number;
  readonly whole: number;
  readonly result: z.output<typeof resultSchema>;
}

/**
 * Times whole clips.
 * @param command how to start `aiprod`: executable and leading arguments.
 * @param options global options to hand on, such as `--device`.
 */
export async function startSuite(command: readonly string[], options: readonly string[], rounds: number): Promise<BenchCase[]> {
  const folder = await mkdtemp(join(tmpdir(), 'aiprod-bench-'));
  try {
    const clips: Clip[] = [];
    // A checkout bundles itself on its first run, which no user of the package waits for.
    await runProcess([...command, '--version'], () => undefined);
    for (let round = 0; round < rounds; round++) clips.push(await makeClip(command, options, join(folder, `clip-${round}.mp4`)));
    const [{ result }] = clips;
    const contender = { name: oursName, version, dtype: result.dtype };
    const timed = (name: string, seconds: number[]): BenchCase => ({
      suite: 'start',
      name,
      results: [benchResult(contender, seconds)],
      ratios: [],
      unsupported: [],
    });
    return [
      timed(
        'embedded, process start to first denoising step done',
        clips.map((clip) => clip.firstStep),
      ),
      timed(
        'embedded, process start to clip written',
        clips.map((clip) => clip.whole),
      ),
      memoryCase('embedded, whole clip', result.memory.forecastBytes, result.memory.peakBytes),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeClip(command: readonly string[], options: readonly string[], out: string): Promise<Clip> {
  const began = performance.now();
  const secondsNow = (): number => (performance.now() - began) / 1000;
  let firstStep: number | undefined;
  const args = ['generate', '--prompt', 'a red ball bounces', '--out', out, '--progress', 'json', '--json', ...options];
  const stdout = await runProcess([...command, ...args], (line) => {
    const event = progressSchema.safeParse(jsonOrNothing(line)).data;
    if (event?.stage === 'denoise' && event.step >= 1) firstStep ??= secondsNow();
  });
  const whole = secondsNow();
  const result = resultSchema.safeParse(jsonOrNothing(stdout)).data;
  if (firstStep === undefined || result === undefined) {
    throw new AiprodError('internal', 'aiprod generate told less than expected', {
      expected: 'progress of denoising and a JSON result',
      found: stdout.slice(0, 200),
    });
  }
  return { firstStep, whole, result };
}

/** What a command wrote to stdout; `onLine` gets each line of stderr as it comes. */
async function runProcess([executable, ...args]: readonly string[], onLine: (line: string) => void): Promise<string> {
  const child = spawn(executable, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let lastLine = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLine = line;
    onLine(line);
  });
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code === 0) return stdout;
  throw new AiprodError('check-failed', `aiprod ${args[0]} ended with exit code ${code}`, {
    found: lastLine,
    hint: 'Run the command by hand',
  });
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // stderr also carries plain messages, which are no progress.
    return undefined;
  }
}
