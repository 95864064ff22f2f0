import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { version } from '../../../package.json';
import { sigmaSpacings, solverKinds } from '../../diffusion';
import { AiprodError, exitCodeOf } from '../../errors';
import type { GpuContext } from '../../gpu';
import { AUDIO_CODECS_OF_FORMAT, encodeWav, formatOfPath, isSoundPath, readRecipe, type AudioCodec } from '../../media';
import { checkSoundCodec, checkWritable } from '../../media/node';
import type { SyncFigures } from '../../metrics';
import {
  definitions,
  framesPerSecond,
  jobForRecipe,
  knownMedia,
  maxPromptLength,
  mediaOf,
  OutputCache,
  parseJob,
  parseRecipe,
  pipelineNames,
  planJob,
  presetNames,
  recipeOf,
  resolveJob,
  soundsOf,
  streamJob,
  tilingStrategies,
  traitsWith,
  type Job,
  type JobPlan,
  type MediaLibrary,
  type Recipe,
  type TensorValue,
  type UpsamplerModel,
  type VideoModel,
  withLoras,
} from '../../pipelines';
import { nodeMedia, openVideoSink, writeWhole, type Clip } from '../../pipelines/node';
import { bytesOf, weightOptions, writeSafetensors } from '../../weights';
import { imageFlag, regionFlag, sigmasFlag } from '../condition-flags';
import { withContext } from '../device';
import { outputOf, readGlobalOptions, type GlobalOptions } from '../global-options';
import { abortOnSignals } from '../interrupt';
import { openProjectJob, type ProjectJob } from '../project-form';
import { loraFlag } from '../lora-flag';
import { openLoras, openModel, openUpsamplerAt } from '../model-location';
import { audioCodecOption, decimalNumber, oneOf, wholeNumber } from '../option-values';
import { formatBytes, formatSeconds, type Output } from '../output';
import { openRunFolder, runFolder } from '../run-folder';
import { syncWarning, watchSink, type WatchedSink } from '../watch-sink';
import { optionsSchema, withFlags, type GenerateOptions, type JobFields } from './generate-flags';

export function addGenerate(command: Command): void {
  command
    .description('makes a video from a prompt, and from images and videos where a pipeline takes them')
    .option('--prompt <text>', `what the clip shows, up to ${maxPromptLength} characters`)
    .option('--negative <text>', 'what it should not show')
    .option('--out <file>', 'where it goes: .mp4, .webm, .gif, .png (a folder of frames) or .y4m; .wav for sound alone')
    .option('--model <name>', 'embedded, a folder in diffusers layout, or a checkpoint: .safetensors or .gguf')
    .option(
      '--text-encoder <path>',
      'the text encoder (T5; Gemma 3 for LTX-2, UMT5 for Wan) of a checkpoint that has none, or for LTX-Video and Wan another as .onnx: a folder or a file',
    )
    .option('--vae <path>', 'the VAE of a checkpoint that has none; for LTX-2 a file or folder with all that the checkpoint lacks')
    .option('--image-encoder <file>', 'the CLIP image encoder of a checkpoint of image to video that has none')
    .option('--lora <file[:scale]>', 'a LoRA and how much of it; repeatable', loraFlag)
    .addOption(new Option('--pipeline <name>', pipelineHelp()).argParser(oneOf(pipelineNames)))
    .addOption(new Option('--preset <name>', `settings for what is not said: ${presetNames.join(', ')}`).argParser(oneOf(presetNames)))
    .option(
      '--refine-lora <file[:scale]>',
      'a LoRA that acts in the second of two stages alone, as the distilled one does; repeatable',
      loraFlag,
    )
    .option('--upsampler <path>', 'a latent upsampler, a folder or a file: the clip is made small, enlarged and refined')
    .option('--width <pixels>', 'width of the clip', wholeNumber(8, 16384))
    .option('--height <pixels>', 'height of the clip', wholeNumber(8, 16384))
    .option('--frames <n>', 'number of frames', wholeNumber(1, 4097))
    .option('--fps <rate>', 'frames a second: 24, 29.97 or 30000/1001')
    .option('--steps <n>', 'denoising steps', wholeNumber(1, 1000))
    .option('--sigmas <list>', 'noise levels of the steps, from 1 down: 1,0.98,0.7', sigmasFlag)
    .addOption(new Option('--spacing <name>', 'how the model’s own schedule is spaced').choices(sigmaSpacings))
    .addOption(new Option('--solver <name>', `how steps are taken: ${solverKinds.join(', ')}`).argParser(oneOf(solverKinds)))
    .option('--shift <factor>', 'shift of the noise levels, for models that shift all alike', decimalNumber(0.01, 100))
    .option('--cfg <scale>', 'classifier-free guidance; 1 turns it off', decimalNumber(0, 100))
    .option('--stg <scale>', 'spatio-temporal guidance; 0 turns it off', decimalNumber(0, 100))
    .option('--rescale <share>', 'guidance rescale, 0 to 1', decimalNumber(0, 1))
    .option('--image <file@frame[:strength]>', 'an image (or video) that the clip follows from a frame on; repeatable', imageFlag)
    .option(
      '--image-crf <crf>',
      'code images by H.264 at this rate factor first; 0: not at all; default: 33 for LTX-2, else 0',
      wholeNumber(0, 51),
    )
    .option('--video <file>', 'the video that is made anew, extended, retaken or followed')
    .option('--strength <share>', 'video-to-video: 0 (leave it) to 1 (all new)', decimalNumber(0, 1))
    .option('--extend <frames>', 'extend: frames to add', wholeNumber(1, 4096))
    .addOption(new Option('--direction <way>', 'extend: forward or backward').argParser(oneOf(['forward', 'backward'])))
    .option('--overlap <frames>', 'extend: frames of the video that the new ones follow', wholeNumber(1, 4096))
    .option(
      '--region <start:end[:what]>',
      'retake: frames to make anew, the end not included; of both picture and sound, video or audio',
      regionFlag,
    )
    .option('--audio <file>', 'audio-to-video: the sound that the clip is made for, and heard with')
    .option('--audio-start <seconds>', 'seconds of that sound before the clip begins', decimalNumber(0, 36_000))
    .option('--seconds <n>', 'text-to-audio: how long the sound is', decimalNumber(0.1, 600))
    .option('--loudness <lufs>', 'loudness that the sound is turned to, below 0', decimalNumber(-70, -1))
    .addOption(audioCodecOption())
    .option('--modality <scale>', 'how much picture and sound are drawn towards each other; 1 is not at all', decimalNumber(0, 100))
    .option('--audio-cfg <scale>', 'classifier-free guidance of the sound; as of the picture by default', decimalNumber(0, 100))
    .option('--audio-stg <scale>', 'spatio-temporal guidance of the sound', decimalNumber(0, 100))
    .option('--audio-rescale <share>', 'guidance rescale of the sound, 0 to 1', decimalNumber(0, 1))
    .option('--audio-modality <scale>', 'how much the sound is drawn towards the picture', decimalNumber(0, 100))
    .option('--downscale <factor>', 'ic-lora: size of the clip over that of the reference video', wholeNumber(1, 8))
    .option('--seed <n>', 'the same seed gives the same noise on every machine', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .addOption(
      new Option('--weights <how>', 'how weights lie in GPU memory: as the file has them, plain, or quantised while loading').choices([
        'auto',
        ...weightOptions,
      ]),
    )
    .addOption(new Option('--tiling <strategy>', 'how the VAE works on what does not fit at once').choices(['auto', ...tilingStrategies]))
    .option('--job <file>', 'a whole job as JSON, or a list of jobs; flags override their fields')
    .option('--recipe <file>', 'makes again what the recipe inside a generated file says; flags override it')
    .option(
      '--project <path>',
      'makes what the form of a project describes: an .aiprod file, or a folder with project.json; flags override it',
    )
    .option('--resume <dir>', 'goes on with an interrupted run')
    .option('--count <n>', 'clips to make, with seeds counting up', wholeNumber(1, 1000), 1)
    .option('--save-latents <file>', 'writes the final latents [1, C, F, H, W] as safetensors')
    .option('--save-frames <dir>', 'writes the frames as PNG too')
    .action(() => generate(command));
}

function pipelineHelp(): string {
  return pipelineNames.map((name) => `${name}: ${definitions[name].description}`).join('; ');
}

/** What is to be made: a job and where it goes. */
interface Task {
  readonly job: Job;
  readonly out: string;
  /** Goes into the names of files where several clips are made. */
  readonly number: number | undefined;
}

async function generate(command: Command): Promise<void> {
  const globals = readGlobalOptions(command);
  const options = optionsSchema.parse(command.opts());
  const output = outputOf(globals);
  const project = options.project === undefined ? undefined : await openProjectJob(options.project);
  const interrupt = abortOnSignals();
  try {
    const tasks = await readTasks(options, globals, project);
    for (const task of tasks) await checkTask(task, options, tasks.length);
    const media = project?.media(nodeMedia) ?? nodeMedia;
    const made: object[] = [];
    // Clips of one process share what they have in common, such as the text of a prompt.
    const cache = new OutputCache(cacheBytes);
    await withContext(globals, output, async (context) => {
      let model: VideoModel | undefined;
      let opened: string | undefined;
      try {
        for (const task of tasks) {
          const { model: named, textEncoder, vae, imageEncoder } = task.job;
          const wanted = JSON.stringify([named, textEncoder, vae, imageEncoder]);
          if (model === undefined || opened !== wanted) {
            await model?.close();
            model = await openModel(task.job.model, task.job);
            opened = wanted;
          }
          made.push(await makeClip(task, { options, globals, output, context, model, media, cache, signal: interrupt.signal }));
        }
      } finally {
        await model?.close();
      }
    });
    output.json(made.length === 1 ? made[0] : made);
  } finally {
    interrupt.dispose();
    output.endProgress();
    await project?.close();
  }
}

interface Making {
  readonly options: GenerateOptions;
  readonly globals: GlobalOptions;
  readonly output: Output;
  readonly context: GpuContext;
  readonly model: VideoModel;
  readonly media: MediaLibrary;
  readonly cache: OutputCache;
  readonly signal: AbortSignal;
}

/** Bytes of results that are kept from one clip to the next. */
const cacheBytes = 512 * 1024 * 1024;

/** Makes a clip with the LoRAs that its job names. */
async function makeClip(task: Task, making: Making): Promise<object> {
  const loras = await openLoras(task.job.loras, making.model);
  try {
    return await makeClipOf(task, { ...making, model: await withLoras(making.model, loras) });
  } finally {
    for (const { opened } of loras) await opened.close();
  }
}

async function makeClipOf(task: Task, making: Making): Promise<object> {
  const { globals, output, context, model } = making;
  const began = performance.now();
  if (making.options.audioCodec !== undefined && model.traits.sound !== true) {
    throw new AiprodError('bad-usage', 'the model makes no sound', {
      where: model.name,
      expected: 'an LTX-2 model, or no codec of sound',
      found: `--audio-codec ${making.options.audioCodec}`,
    });
  }
  const media = await knownMedia(mediaOf(task.job), making.media, soundsOf(task.job, model.traits));
  const upsampler = task.job.upsampler === undefined ? undefined : await openUpsamplerAt(task.job.upsampler);
  try {
    const job = resolveJob(task.job, traitsWith(model, upsampler), media);
    const own = upsampler === undefined ? {} : { upsampler };
    const budget = globals.memoryBudget === undefined ? {} : { memoryBudget: globals.memoryBudget };
    const plan = planJob({ model, job, context, previews: false, media, ...own, ...budget });
    const steps = plan.work.steps.reduce((sum, work) => sum + work.steps, 0);
    output.info(
      `${job.pipeline}: ${job.width}x${job.height}, ${job.frames} frames, ${steps} steps, ${plan.dtype}; ${formatBytes(plan.forecast.totalBytes)} of GPU memory`,
    );
    context.allocator.resetPeak();
    const sync = await runPlan(task, plan, making, own);
    const seconds = (performance.now() - began) / 1000;
    output.line(`${task.out}  (${formatSeconds(seconds)}, seed ${job.seed})`);
    const warning = sync === null ? undefined : syncWarning(sync, task.out);
    if (warning !== undefined) output.info(warning);
    return {
      out: task.out,
      pipeline: job.pipeline,
      seed: job.seed,
      width: job.width,
      height: job.height,
      frames: job.frames,
      dtype: plan.dtype,
      seconds,
      ...(sync === null ? {} : { sync }),
      memory: { forecastBytes: plan.forecast.totalBytes, peakBytes: context.allocator.peakBytes },
    };
  } finally {
    await upsampler?.close();
  }
}

/**
 * Runs a plan and writes what comes of it; an interrupted run leaves a folder to go on from.
 * @returns how sound and picture lie to each other; null where there are not both
 */
async function runPlan(
  task: Task,
  plan: JobPlan,
  making: Making,
  own: { readonly upsampler?: UpsamplerModel },
): Promise<SyncFigures | null> {
  const { options, output, context, cache, signal } = making;
  const { job } = plan;
  const folder = runFolder(options.resume ?? `${task.out}.resume`, jobForRecipe(job), task.out);
  const recipe = await recipeOf(`aiprod ${version}`, { job, gpu: context, plan });
  const frames = options.saveFrames === undefined ? undefined : numbered(options.saveFrames, task.number);
  const latents = options.saveLatents === undefined ? undefined : numbered(options.saveLatents, task.number);
  const { audioCodec } = options;
  const clip: Clip = { frameRate: job.frameRate, recipe, ...(audioCodec === undefined ? {} : { audioCodec }) };
  let watched: WatchedSink | undefined;
  try {
    await streamJob({
      plan,
      media: making.media,
      store: folder.store,
      cache,
      signal,
      ...own,
      targets: { video: [task.out, ...(frames === undefined ? [] : [frames])], latents: latents === undefined ? [] : [latents] },
      async write(target, value, _, sound) {
        await writeWhole(target, isSoundPath(target) && sound !== undefined ? encodeWav(sound) : latentsFile(value, recipe));
        return null;
      },
      async openSink(target, shape, sound) {
        const sink = await openVideoSink(target, target === frames ? 'png' : formatOfPath(target), shape, clip, sound);
        if (sound === undefined || target !== task.out || AUDIO_CODECS_OF_FORMAT[formatOfPath(target)].length === 0) return sink;
        watched = watchSink(sink, framesPerSecond(job.frameRate), sound);
        return watched.sink;
      },
      onEvent: (event) => output.progress(event),
    });
  } catch (error) {
    if (error instanceof AiprodError && error.code === 'cancelled') {
      output.endProgress();
      throw new AiprodError(
        'cancelled',
        'interrupted; nothing was written',
        {
          hint: `Go on with: aiprod generate --resume ${folder.path}${options.project === undefined ? '' : ` --project ${options.project}`}`,
        },
        { cause: error },
      );
    }
    // What can never succeed leaves nothing; what a device or a disk spoiled can be gone on with.
    const unwritable = error instanceof AiprodError && error.code === 'unwritable-output';
    if (options.resume === undefined && exitCodeOf(error) === 2 && !unwritable) await folder.remove();
    throw error;
  }
  await folder.remove();
  return watched?.sync() ?? null;
}

function latentsFile({ shape, data }: TensorValue, recipe: Recipe): Uint8Array {
  return writeSafetensors(new Map([['latents', { dtype: 'F32', shape, bytes: bytesOf(data) }]]), { recipe: JSON.stringify(recipe) });
}

/** Everything that can be refused before a device is asked for. */
async function checkTask(task: Task, options: GenerateOptions, count: number): Promise<void> {
  const soundAlone = task.job.pipeline === 'text-to-audio';
  if (isSoundPath(task.out) !== soundAlone) {
    throw new AiprodError('bad-usage', soundAlone ? 'sound without a picture is written as WAV' : 'a clip is no WAV file', {
      expected: soundAlone ? 'a file ending in .wav' : 'a file ending in .mp4, .webm, .gif, .png or .y4m',
      found: task.out,
      ...(soundAlone ? {} : { hint: 'Use --pipeline text-to-audio for sound alone' }),
    });
  }
  await checkWritable(task.out, soundAlone ? 'wav' : formatOfPath(task.out));
  if (options.audioCodec !== undefined) await requireSoundCodec(task.out, options.audioCodec, soundAlone);
  if (soundAlone && (options.saveFrames !== undefined || options.saveLatents !== undefined)) {
    throw new AiprodError('bad-usage', 'sound without a picture has no frames and no latents of a video', {
      found: options.saveFrames === undefined ? '--save-latents' : '--save-frames',
      hint: 'Leave it out',
    });
  }
  if (options.saveFrames !== undefined && count === 1) await checkWritable(options.saveFrames, 'png');
  if (options.saveLatents !== undefined && extname(options.saveLatents) !== '.safetensors') {
    throw new AiprodError('bad-usage', 'latents are written as safetensors', {
      expected: 'a file ending in .safetensors',
      found: options.saveLatents,
    });
  }
}

/** A codec of sound is asked for before anything is made, and not in vain. */
async function requireSoundCodec(out: string, codec: AudioCodec, soundAlone: boolean): Promise<void> {
  if (!soundAlone) return checkSoundCodec(out, codec);
  throw new AiprodError('bad-usage', 'sound without a picture is written as plain samples', {
    found: `--audio-codec ${codec}`,
    hint: 'Leave it out',
  });
}

async function readTasks(options: GenerateOptions, globals: GlobalOptions, project: ProjectJob | undefined): Promise<Task[]> {
  // A run that is gone on with may need the files of the project that it was begun from.
  const begun = options.resume === undefined ? options.project : undefined;
  const sources = [options.job, options.recipe, options.resume, begun].filter((source) => source !== undefined);
  if (sources.length > 1) {
    throw new AiprodError('bad-usage', 'a job comes from one place', {
      expected: 'one of --job, --recipe, --project and --resume',
      found: `${sources.length} of them`,
    });
  }
  if (options.resume !== undefined) {
    const run = await openRunFolder(options.resume);
    return [{ job: run.job, out: options.out ?? run.out, number: undefined }];
  }
  const { out } = options;
  if (out === undefined)
    throw new AiprodError('bad-usage', 'the clip has no place to go', { expected: '--out FILE', hint: 'Add for example --out clip.mp4' });
  const bases = project === undefined ? await readBases(options) : [project.job];
  if (bases.length > 1 && options.count > 1) {
    throw new AiprodError('bad-usage', 'a list of jobs says itself how many clips there are', {
      found: `--count ${options.count}`,
      hint: 'Leave --count out',
    });
  }
  const jobs = bases.map((base, k) => parseJob(withFlags(base, options, globals), bases.length === 1 ? 'the job' : `job ${k}`));
  if (jobs.length > 1) return jobs.map((job, number) => ({ job, out: numbered(out, number), number }));
  const [job] = jobs;
  return Array.from({ length: options.count }, (_, k) => {
    const number = options.count === 1 ? undefined : job.seed + k;
    return { job: { ...job, seed: job.seed + k }, out: numbered(out, number), number };
  });
}

/** `clip.mp4` with number 7 is `clip-7.mp4`; without one it stays. */
function numbered(path: string, number: number | undefined): string {
  if (number === undefined) return path;
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}-${number}${ending}`;
}

/** The jobs before flags: one, or those of a job file that holds a list. */
async function readBases(options: GenerateOptions): Promise<readonly JobFields[]> {
  if (options.job !== undefined) return readJobFile(options.job);
  if (options.recipe !== undefined) {
    const recipe = await readRecipe(new Uint8Array(await readInput(options.recipe)));
    return [{ ...parseRecipe(recipe, options.recipe).job }];
  }
  if (options.prompt === undefined) {
    throw new AiprodError('bad-usage', 'there is no prompt', {
      expected: '--prompt TEXT, --job FILE, --recipe FILE, --project FILE or --resume DIR',
    });
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
