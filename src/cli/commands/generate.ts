import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { version } from '../../../package.json';
import { AiprodError } from '../../errors';
import type { GpuContext } from '../../gpu';
import { formatOfPath, frameToRgba, readRecipe, type VideoFormat } from '../../media';
import { checkWritable, openVideoWriter } from '../../media/node';
import {
  adapterName,
  jobForRecipe,
  latentShapeOf,
  maxPromptLength,
  parseJob,
  parseRecipe,
  planTextToVideo,
  resolveJob,
  textToVideo,
  type DenoiseState,
  type Job,
  type LtxModel,
  type Recipe,
  type ResolvedJob,
  type TextToVideoResult,
} from '../../pipelines';
import { writeWhole } from '../../pipelines/node';
import { unpackLatents } from '../../diffusion';
import { bytesOf, writeSafetensors } from '../../weights';
import { withContext } from '../device';
import { outputOf, readGlobalOptions, type GlobalOptions } from '../global-options';
import { abortOnSignals } from '../interrupt';
import { openModel } from '../model-location';
import { decimalNumber, oneOf, wholeNumber } from '../option-values';
import { formatBytes, formatSeconds, type Output } from '../output';
import { openRunFolder, runFolder } from '../run-folder';
import { TraceFile } from '../trace-file';

const optionsSchema = z.object({
  prompt: z.string().optional(),
  negative: z.string().optional(),
  out: z.string().optional(),
  model: z.string().optional(),
  pipeline: z.literal('text-to-video').optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  frames: z.number().optional(),
  fps: z.string().optional(),
  steps: z.number().optional(),
  cfg: z.number().optional(),
  rescale: z.number().optional(),
  seed: z.number().optional(),
  job: z.string().optional(),
  recipe: z.string().optional(),
  resume: z.string().optional(),
  count: z.number().default(1),
  saveLatents: z.string().optional(),
  saveFrames: z.string().optional(),
});
type GenerateOptions = z.output<typeof optionsSchema>;

export function addGenerate(command: Command): void {
  command
    .description('makes a video from a prompt')
    .option('--prompt <text>', `what the clip shows, up to ${maxPromptLength} characters`)
    .option('--negative <text>', 'what it should not show')
    .option('--out <file>', 'where it goes: .mp4, .webm, .gif, .png (a folder of frames) or .y4m')
    .option('--model <name>', 'embedded, or a folder in diffusers layout')
    .addOption(new Option('--pipeline <name>', 'text-to-video').argParser(oneOf(['text-to-video'])))
    .option('--width <pixels>', 'width of the clip', wholeNumber(8, 16384))
    .option('--height <pixels>', 'height of the clip', wholeNumber(8, 16384))
    .option('--frames <n>', 'number of frames', wholeNumber(1, 4097))
    .option('--fps <rate>', 'frames a second: 24, 29.97 or 30000/1001')
    .option('--steps <n>', 'denoising steps', wholeNumber(1, 1000))
    .option('--cfg <scale>', 'classifier-free guidance; 1 turns it off', decimalNumber(0, 100))
    .option('--rescale <share>', 'guidance rescale, 0 to 1', decimalNumber(0, 1))
    .option('--seed <n>', 'the same seed gives the same noise on every machine', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--job <file>', 'a whole job as JSON, or a list of jobs; flags override their fields')
    .option('--recipe <file>', 'makes again what the recipe inside a generated file says; flags override it')
    .option('--resume <dir>', 'goes on with an interrupted run')
    .option('--count <n>', 'clips to make, with seeds counting up', wholeNumber(1, 1000), 1)
    .option('--save-latents <file>', 'writes the final latents [1, C, F, H, W] as safetensors')
    .option('--save-frames <dir>', 'writes the frames as PNG too')
    .action(() => generate(command));
}

/** What is to be made: a job, where it goes, and where it left off. */
interface Task {
  readonly job: Job;
  readonly out: string;
  readonly state: DenoiseState | undefined;
  /** Goes into the names of files where several clips are made. */
  readonly number: number | undefined;
}

async function generate(command: Command): Promise<void> {
  const globals = readGlobalOptions(command);
  const options = optionsSchema.parse(command.opts());
  const output = outputOf(globals);
  const tasks = await readTasks(options, globals);
  for (const task of tasks) await checkTask(task, options, tasks.length);
  const interrupt = abortOnSignals();
  try {
    const made: object[] = [];
    await withContext(globals, output, async (context) => {
      const trace = globals.trace === undefined ? undefined : new TraceFile();
      if (trace !== undefined) context.onKernel = (timing) => trace.add(timing);
      let model: LtxModel | undefined;
      try {
        for (const task of tasks) {
          if (model?.name !== task.job.model) {
            await model?.close();
            model = await openModel(task.job.model);
          }
          made.push(await makeClip(task, { options, globals, output, context, model, signal: interrupt.signal }));
        }
      } finally {
        await model?.close();
      }
      if (trace !== undefined && globals.trace !== undefined) await trace.write(globals.trace);
    });
    output.json(made.length === 1 ? made[0] : made);
  } finally {
    interrupt.dispose();
    output.endProgress();
  }
}

interface Making {
  readonly options: GenerateOptions;
  readonly globals: GlobalOptions;
  readonly output: Output;
  readonly context: GpuContext;
  readonly model: LtxModel;
  readonly signal: AbortSignal;
}

async function makeClip(task: Task, making: Making): Promise<object> {
  const { options, globals, output, context, model, signal } = making;
  const began = performance.now();
  const job = resolveJob(task.job, model.traits);
  const plan = planTextToVideo(model, job, context, {
    previews: false,
    ...(globals.memoryBudget === undefined ? {} : { memoryBudget: globals.memoryBudget }),
  });
  output.info(
    `${job.width}x${job.height}, ${job.frames} frames, ${job.steps} steps, ${plan.dtype}; ${formatBytes(plan.forecast.totalBytes)} of GPU memory`,
  );
  const folder = runFolder(options.resume ?? `${task.out}.resume`, { ...jobForRecipe(job) }, task.out);
  context.allocator.resetPeak();
  let result: TextToVideoResult;
  try {
    result = await textToVideo({
      model,
      job,
      plan,
      context,
      signal,
      ...(task.state === undefined ? {} : { resumeFrom: task.state }),
      onEvent: (event) => output.progress(event),
      onState: (state) => folder.save(state),
    });
  } catch (error) {
    if (error instanceof AiprodError && error.code === 'cancelled') {
      output.endProgress();
      throw new AiprodError(
        'cancelled',
        'interrupted; nothing was written',
        { hint: `Go on with: aiprod generate --resume ${folder.path}` },
        { cause: error },
      );
    }
    throw error;
  }
  output.progress({ kind: 'progress', stage: 'write', step: 0, steps: 1 });
  await writeClip(task, job, model, result, await recipeOf(job, model, context, plan.dtype), options);
  output.progress({ kind: 'progress', stage: 'write', step: 1, steps: 1, etaSeconds: 0 });
  await folder.remove();
  const seconds = (performance.now() - began) / 1000;
  output.line(`${task.out}  (${formatSeconds(seconds)}, seed ${job.seed})`);
  return {
    out: task.out,
    seed: job.seed,
    width: job.width,
    height: job.height,
    frames: job.frames,
    dtype: plan.dtype,
    seconds,
    memory: { forecastBytes: plan.forecast.totalBytes, peakBytes: context.allocator.peakBytes },
  };
}

async function recipeOf(job: ResolvedJob, model: LtxModel, context: GpuContext, dtype: 'f32' | 'f16'): Promise<Recipe> {
  return {
    recipe: 1,
    generator: `aiprod ${version}`,
    job: jobForRecipe(job),
    model: { name: model.name, files: { ...(await model.fingerprints()) } },
    adapter: { name: adapterName(context.gpu.adapter), dtype },
  };
}

async function writeClip(
  task: Task,
  job: ResolvedJob,
  model: LtxModel,
  result: TextToVideoResult,
  recipe: Recipe,
  options: GenerateOptions,
): Promise<void> {
  await writeVideo(task.out, formatOfPath(task.out), job, result.video, recipe);
  if (options.saveFrames !== undefined) await writeVideo(numbered(options.saveFrames, task.number), 'png', job, result.video, recipe);
  if (options.saveLatents !== undefined)
    await writeWhole(numbered(options.saveLatents, task.number), latentsFile(job, model, result.latents, recipe));
}

function latentsFile(job: ResolvedJob, model: LtxModel, packed: Float32Array, recipe: Recipe): Uint8Array {
  const shape = latentShapeOf(model, job);
  const latents = unpackLatents(packed, shape, model.transformer);
  return writeSafetensors(new Map([['latents', { dtype: 'F32', shape, bytes: bytesOf(latents) }]]), { recipe: JSON.stringify(recipe) });
}

async function writeVideo(path: string, format: VideoFormat, job: ResolvedJob, video: Float32Array, recipe: Recipe): Promise<void> {
  const { width, height, frameRate, frames } = job;
  const writer = await openVideoWriter(path, { width, height, frameRate, format, recipe });
  try {
    for (let frame = 0; frame < frames; frame++) {
      await writer.addFrame(frameToRgba(video, { layout: 'CFHW', frames, width, height }, frame), frame);
    }
    await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** Everything that can be refused before a device is asked for. */
async function checkTask(task: Task, options: GenerateOptions, count: number): Promise<void> {
  await checkWritable(task.out, formatOfPath(task.out));
  if (options.saveFrames !== undefined && count === 1) await checkWritable(options.saveFrames, 'png');
  if (options.saveLatents !== undefined && extname(options.saveLatents) !== '.safetensors') {
    throw new AiprodError('bad-usage', 'latents are written as safetensors', {
      expected: 'a file ending in .safetensors',
      found: options.saveLatents,
    });
  }
}

async function readTasks(options: GenerateOptions, globals: GlobalOptions): Promise<Task[]> {
  const sources = [options.job, options.recipe, options.resume].filter((source) => source !== undefined);
  if (sources.length > 1) {
    throw new AiprodError('bad-usage', 'a job comes from one place', {
      expected: 'one of --job, --recipe and --resume',
      found: `${sources.length} of them`,
    });
  }
  if (options.resume !== undefined) {
    const run = await openRunFolder(options.resume);
    return [{ job: run.job, out: options.out ?? run.out, state: run.state, number: undefined }];
  }
  const { out } = options;
  if (out === undefined)
    throw new AiprodError('bad-usage', 'the clip has no place to go', { expected: '--out FILE', hint: 'Add for example --out clip.mp4' });
  const bases = await readBases(options);
  if (bases.length > 1 && options.count > 1) {
    throw new AiprodError('bad-usage', 'a list of jobs says itself how many clips there are', {
      found: `--count ${options.count}`,
      hint: 'Leave --count out',
    });
  }
  const jobs = bases.map((base, k) => parseJob(withFlags(base, options, globals), bases.length === 1 ? 'the job' : `job ${k}`));
  if (jobs.length > 1) return jobs.map((job, number) => ({ job, out: numbered(out, number), state: undefined, number }));
  const [job] = jobs;
  return Array.from({ length: options.count }, (_, k) => {
    const number = options.count === 1 ? undefined : job.seed + k;
    return { job: { ...job, seed: job.seed + k }, out: numbered(out, number), state: undefined, number };
  });
}

/** `clip.mp4` with number 7 is `clip-7.mp4`; without one it stays. */
function numbered(path: string, number: number | undefined): string {
  if (number === undefined) return path;
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}-${number}${ending}`;
}

type JobFields = Record<string, unknown>;

/** The jobs before flags: one, or those of a job file that holds a list. */
async function readBases(options: GenerateOptions): Promise<readonly JobFields[]> {
  if (options.job !== undefined) return readJobFile(options.job);
  if (options.recipe !== undefined) {
    const recipe = await readRecipe(new Uint8Array(await readInput(options.recipe)));
    return [{ ...parseRecipe(recipe, options.recipe).job }];
  }
  if (options.prompt === undefined) {
    throw new AiprodError('bad-usage', 'there is no prompt', { expected: '--prompt TEXT, --job FILE, --recipe FILE or --resume DIR' });
  }
  return [{}];
}

const jobFields = z.record(z.string(), z.unknown());
const jobFileSchema = z.union([jobFields.transform((job) => [job]), z.array(jobFields).min(1).max(10_000)]);

async function readJobFile(path: string): Promise<readonly JobFields[]> {
  const text = (await readInput(path)).toString('utf8');
  try {
    return jobFileSchema.parse(JSON.parse(text));
  } catch (cause) {
    const expected = 'a JSON object, or a list of them; see docs/jobs.md';
    throw new AiprodError('bad-input', 'the job file holds no job', { where: path, expected }, { cause });
  }
}

async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError('bad-input', 'the file cannot be read', { where: path, found: reason, hint: 'Check the path' }, { cause });
  }
}

function withFlags(base: Record<string, unknown>, options: GenerateOptions, globals: GlobalOptions): Record<string, unknown> {
  const flags: Record<string, unknown> = {
    prompt: options.prompt,
    negativePrompt: options.negative,
    model: options.model,
    pipeline: options.pipeline,
    width: options.width,
    height: options.height,
    frames: options.frames,
    frameRate: options.fps,
    steps: options.steps,
    guidanceScale: options.cfg,
    guidanceRescale: options.rescale,
    seed: options.seed,
    dtype: globals.deterministic ? 'f32' : globals.dtype === 'auto' ? undefined : globals.dtype,
  };
  return { ...base, ...Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) };
}
