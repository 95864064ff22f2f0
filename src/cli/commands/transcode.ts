import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { GpuContext } from '../../gpu';
import { formatFrameRate, formatOfPath, parseFrameRate } from '../../media';
import { checkWritable } from '../../media/node';
import { chooseDtype, decodeVideo, encodeVideo, gpuMachine, type GpuMachine, type PipelineStage, type VideoModel } from '../../pipelines';
import { nodeMedia, writeWhole } from '../../pipelines/node';
import { bytesOf, memorySource, openSafetensors, toFloat32, writeSafetensors } from '../../weights';
import { withContext } from '../device';
import { outputOf, readGlobalOptions, type GlobalOptions } from '../global-options';
import { abortOnSignals } from '../interrupt';
import { openModel } from '../model-location';
import { wholeNumber } from '../option-values';
import { formatSeconds, type Output } from '../output';
import { openVideoSink } from '../write-video';

const encodeSchema = z.object({
  out: z.string(),
  model: z.string(),
  width: z.number().optional(),
  height: z.number().optional(),
  frames: z.number().optional(),
});

export function addEncode(command: Command): void {
  command
    .description('a video (or image) to latents [1, C, F, H, W] in the model’s units')
    .argument('<video>', 'any file that aiprod reads')
    .requiredOption('--out <file>', 'a .safetensors file')
    .option('--model <name>', 'embedded, or a folder in diffusers layout', 'embedded')
    .option('--width <pixels>', 'width to scale and cut to; default: the nearest that the model encodes', wholeNumber(8, 16384))
    .option('--height <pixels>', 'height to scale and cut to', wholeNumber(8, 16384))
    .option('--frames <n>', 'frames from the first on; default: as many as make whole latents', wholeNumber(1, 4097))
    .action((video: string) => encode(command, video));
}

async function encode(command: Command, file: string): Promise<void> {
  const globals = readGlobalOptions(command);
  const options = encodeSchema.parse(command.opts());
  const output = outputOf(globals);
  requireSafetensors(options.out);
  const facts = await nodeMedia.facts(file);
  await onMachine(globals, output, options.model, 'load', async ({ model, ...running }) => {
    const { sizeMultiple, frameMultiple } = model.traits;
    const nearest = (size: number): number => Math.max(sizeMultiple, Math.round(size / sizeMultiple) * sizeMultiple);
    const frames = options.frames ?? Math.floor((facts.frames - 1) / frameMultiple) * frameMultiple + 1;
    const size = { width: options.width ?? nearest(facts.width), height: options.height ?? nearest(facts.height), frames };
    const latents = await encodeVideo({ ...running, model, media: nodeMedia, file, facts, seed: 0, ...size });
    const metadata = {
      format: latentsFormat,
      model: model.name,
      source: facts.fingerprint,
      ...(facts.frameRate === null ? {} : { frameRate: String(formatFrameRate(facts.frameRate)) }),
    };
    const tensor = { dtype: 'F32' as const, shape: latents.shape, bytes: bytesOf(latents.data) };
    await writeWhole(options.out, writeSafetensors(new Map([['latents', tensor]]), metadata));
    return { out: options.out, shape: [...latents.shape], ...size };
  });
}

const latentsFormat = 'aiprod-latents-1';

const decodeSchema = z.object({ out: z.string(), model: z.string(), fps: z.string().optional(), seed: z.number() });

export function addDecode(command: Command): void {
  command
    .description('latents to a video')
    .argument('<latents>', 'a .safetensors file with a tensor latents [1, C, F, H, W]')
    .requiredOption('--out <file>', 'where it goes: .mp4, .webm, .gif, .png (a folder of frames) or .y4m')
    .option('--model <name>', 'embedded, or a folder in diffusers layout', 'embedded')
    .option('--fps <rate>', 'frames a second; default: what the file says, or the model’s')
    .option('--seed <n>', 'of the noise of decoders that take some', wholeNumber(0, Number.MAX_SAFE_INTEGER), 0)
    .action((file: string) => decode(command, file));
}

async function decode(command: Command, file: string): Promise<void> {
  const globals = readGlobalOptions(command);
  const options = decodeSchema.parse(command.opts());
  const output = outputOf(globals);
  const format = formatOfPath(options.out);
  await checkWritable(options.out, format);
  const { shape, data, frameRate } = await readLatents(file);
  await onMachine(globals, output, options.model, 'decode', async ({ model, ...running }) => {
    const rate = parseFrameRate(options.fps ?? frameRate ?? model.traits.defaults.frameRate);
    await decodeVideo({
      ...running,
      model,
      latents: { shape, data },
      seed: options.seed,
      target: options.out,
      openSink: (target, size) => openVideoSink(target, format, size, { frameRate: rate }),
    });
    return { out: options.out, shape: [...shape], frameRate: formatFrameRate(rate) };
  });
}

interface Running {
  readonly model: VideoModel;
  readonly machine: GpuMachine;
  readonly signal: AbortSignal;
  readonly memoryBudget?: number;
  onProgress(step: number, steps: number): void;
}

/** Runs `work` on the chosen device and tells what came of it. */
async function onMachine(
  globals: GlobalOptions,
  output: Output,
  name: string,
  stage: PipelineStage,
  work: (running: Running) => Promise<{ readonly out: string }>,
): Promise<void> {
  const interrupt = abortOnSignals();
  try {
    await withContext(globals, output, async (context: GpuContext) => {
      const began = performance.now();
      const model = await openModel(name);
      try {
        const dtype = chooseDtype({ dtype: globals.deterministic ? 'f32' : globals.dtype }, context);
        const budget = globals.memoryBudget === undefined ? {} : { memoryBudget: globals.memoryBudget };
        const machine = gpuMachine({ model, context, dtype, previews: false, ...budget });
        const onProgress = (step: number, steps: number): void => output.progress({ kind: 'progress', stage, step, steps });
        const made = await work({ model, machine, signal: interrupt.signal, onProgress, ...budget });
        const seconds = (performance.now() - began) / 1000;
        output.line(`${made.out}  (${formatSeconds(seconds)})`);
        output.json({ ...made, dtype, seconds });
      } finally {
        await model.close();
      }
    });
  } finally {
    interrupt.dispose();
    output.endProgress();
  }
}

function requireSafetensors(path: string): void {
  if (extname(path) === '.safetensors') return;
  throw new AiprodError('bad-usage', 'latents are written as safetensors', { expected: 'a file ending in .safetensors', found: path });
}

interface Latents {
  readonly shape: readonly [number, number, number, number, number];
  readonly data: Float32Array;
  readonly frameRate: string | undefined;
}

async function readLatents(path: string): Promise<Latents> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new AiprodError('bad-input', 'the latents cannot be read', { where: path, hint: 'Check the path' }, { cause });
  }
  const file = await openSafetensors(memorySource(bytes, path));
  const tensor = await file.readTensor('latents');
  const [batch, channels, frames, rows, columns] = tensor.shape;
  if (tensor.shape.length !== 5) {
    throw new AiprodError('bad-input', 'the file holds no latents of a video', {
      where: path,
      expected: '[1, C, F, H, W]',
      found: `[${tensor.shape.join(', ')}]`,
    });
  }
  const data = toFloat32(tensor);
  if (!data.every(Number.isFinite)) throw new AiprodError('not-finite', 'the latents hold values that are no numbers', { where: path });
  return { shape: [batch, channels, frames, rows, columns], data, frameRate: file.metadata.get('frameRate') };
}
