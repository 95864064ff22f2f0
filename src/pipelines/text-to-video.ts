import { AiprodError } from '../errors';
import { denormalizeLatents, packedShape, packLatents, unpackLatents, type Schedule } from '../diffusion';
import type { GpuContext } from '../gpu';
import { ParameterStore, ProgramInstance, programFlops, type Program } from '../graph';
import { frameToRgba } from '../media';
import { decodeTimestepInput, decodeTimestepScaleName } from '../models';
import { randomNormal } from '../numeric/random';
import { encodePrompt } from '../text';
import { denoise, type DenoiseState, type StepPrediction } from './denoise';
import type { ResolvedJob } from './job';
import type { LtxComponent, LtxModel } from './ltx-model';
import { blendDecodeNoise } from './latent-codec';
import { noiseStreams } from './noise';
import { EtaEstimator, type ProgressEvent } from './progress';
import { shiftedSchedule } from './schedules';
import type { TextToVideoPlan } from './text-to-video-plan';
import { denoisingInputs, splitPrediction } from './transformer-inputs';

/** Decode timestep and noise of the released timestep-conditioned models. */
const decodeTimestep = 0.05;
const decodeNoiseScale = 0.025;

/** A preview may cost this share of the denoising time at most. */
const previewShare = 0.2;

export interface TextToVideoRequest {
  readonly model: LtxModel;
  readonly job: ResolvedJob;
  readonly plan: TextToVideoPlan;
  readonly context: GpuContext;
  /** Where to go on from, when the job was begun before. */
  readonly resumeFrom?: DenoiseState;
  readonly signal?: AbortSignal;
  onEvent?(event: ProgressEvent): void;
  /** After each denoising step, with everything needed to go on from it. */
  onState?(state: DenoiseState): void | Promise<void>;
}

export interface TextToVideoResult {
  /** Decoded video [3, F, H, W], about -1 to 1. */
  readonly video: Float32Array;
  /** Final latents, packed [1, N, C], in the model's units. */
  readonly latents: Float32Array;
}

/** The schedule of a job: the pipeline's sigmas, shifted as the scheduler's config says. */
export function scheduleOf(model: LtxModel, job: ResolvedJob, plan: Pick<TextToVideoPlan, 'latentShape'>): Schedule {
  const [, tokens] = packedShape(plan.latentShape, model.transformer);
  return shiftedSchedule(model.scheduler, { steps: job.steps, tokens, anchors: model.dynamicShift });
}

/** Prompt to video: encodes the text, denoises latents, decodes them (`LTXPipeline`). One stage holds the GPU at a time. */
export async function textToVideo(request: TextToVideoRequest): Promise<TextToVideoResult> {
  const { model, job, plan, context } = request;
  const text = await encodeText(request);
  const schedule = scheduleOf(model, job, plan);
  const latents = await denoiseLatents(request, schedule, text);
  request.onEvent?.({ kind: 'progress', stage: 'decode', step: 0, steps: 1 });
  const video = await withProgram(context, model, 'vae', plan.decoder, (decoder) =>
    decodeLatents(request, decoder, unpackLatents(latents, plan.latentShape, model.transformer)),
  );
  request.onEvent?.({ kind: 'progress', stage: 'decode', step: 1, steps: 1, etaSeconds: 0 });
  return { video, latents };
}

interface EncodedText {
  /** [B, M, D] */
  readonly states: Float32Array;
  /** [B, M] */
  readonly mask: Float32Array;
}

async function encodeText(request: TextToVideoRequest): Promise<EncodedText> {
  const { model, job, plan, context, onEvent } = request;
  onEvent?.({ kind: 'progress', stage: 'text', step: 0, steps: 1 });
  const prompts = plan.batch === 2 ? [job.negativePrompt, job.prompt] : [job.prompt];
  const encoded = prompts.map((prompt) => encodePrompt(model.tokenizer, prompt, model.maxSequenceLength));
  const ids = Int32Array.from(encoded.flatMap((prompt) => [...prompt.ids]));
  const mask = Float32Array.from(encoded.flatMap((prompt) => [...prompt.mask]));
  // The LTX pipeline lets the encoder see padding; only the transformer is given the mask.
  const states = await withProgram(context, model, 'text_encoder', plan.textEncoder, (encoder) =>
    runForFloats(encoder, { input_ids: ids }, 'last_hidden_state', request.signal),
  );
  onEvent?.({ kind: 'progress', stage: 'text', step: 1, steps: 1 });
  return { states, mask };
}

async function denoiseLatents(request: TextToVideoRequest, schedule: Schedule, text: EncodedText): Promise<Float32Array> {
  const { model, job, plan, context, onEvent, signal } = request;
  const steps = schedule.timesteps.length;
  const state = request.resumeFrom ?? { step: 0, latents: initialLatents(job, plan, model) };
  if (state.step === steps) return state.latents;
  const eta = new EtaEstimator(steps, programFlops(plan.decoder) / Math.max(1, programFlops(plan.transformer)));
  return withProgram(context, model, 'transformer', plan.transformer, (transformer) =>
    withPreview(request, async (preview) => {
      transformer.write('encoder_hidden_states', text.states);
      transformer.write('encoder_attention_mask', text.mask);
      onEvent?.({ kind: 'progress', stage: 'denoise', step: state.step, steps });
      eta.start();
      const final = await denoise({
        scheduler: model.scheduler,
        schedule,
        state,
        guidance: { scale: job.guidanceScale, rescale: job.guidanceRescale },
        model: { predict: (latents, timesteps) => predict(transformer, plan.batch, latents, timesteps, signal) },
        noise: (step) => randomNormal(job.seed, noiseStreams.steps + step, state.latents.length),
        async onStep(next, denoised) {
          eta.stepDone();
          await request.onState?.(next);
          const etaSeconds = eta.secondsLeft(steps - next.step);
          onEvent?.({ kind: 'progress', stage: 'denoise', step: next.step, steps, ...(etaSeconds === undefined ? {} : { etaSeconds }) });
          if (next.step < steps) await preview?.(next.step, denoised());
          throwIfCancelled(signal);
        },
      });
      return final.latents;
    }),
  );
}

/** Noise in the order of the unpacked latents, as the reference draws it, packed. */
function initialLatents(job: ResolvedJob, plan: TextToVideoPlan, model: LtxModel): Float32Array {
  const count = plan.latentShape.reduce((product, size) => product * size, 1);
  return packLatents(randomNormal(job.seed, noiseStreams.latents, count), plan.latentShape, model.transformer);
}

async function predict(
  transformer: ProgramInstance,
  batch: 1 | 2,
  latents: Float32Array,
  timesteps: Float32Array,
  signal: AbortSignal | undefined,
): Promise<StepPrediction> {
  return splitPrediction(await runForFloats(transformer, denoisingInputs(latents, timesteps, batch), 'sample', signal), batch);
}

type Preview = (step: number, denoised: Float32Array) => Promise<void>;

/** Gives `body` a function that shows the middle latent frame of a guess, as often as previews may cost. */
async function withPreview<T>(request: TextToVideoRequest, body: (preview: Preview | undefined) => Promise<T>): Promise<T> {
  const { plan, model, context, onEvent } = request;
  const program = plan.preview;
  if (program === undefined || onEvent === undefined) return body(undefined);
  const [, channels, frames, height, width] = plan.latentShape;
  const cost = programFlops(program) / Math.max(1, programFlops(plan.transformer));
  const every = Math.max(1, Math.ceil(cost / previewShare));
  return withProgram(context, model, 'vae', program, (decoder) =>
    body(async (step, denoised) => {
      if (step % every !== 0) return;
      const latents = unpackLatents(denoised, plan.latentShape, model.transformer);
      const size = height * width;
      const middle = Float32Array.from(
        { length: channels * size },
        (_, k) => latents[(Math.floor(k / size) * frames + (frames >> 1)) * size + (k % size)],
      );
      const video = await decodeLatents(request, decoder, middle, 1);
      const shape = {
        layout: 'CFHW' as const,
        frames: video.length / (3 * request.job.width * request.job.height),
        width: request.job.width,
        height: request.job.height,
      };
      onEvent({
        kind: 'preview',
        step,
        width: shape.width,
        height: shape.height,
        pixels: new Uint8ClampedArray(frameToRgba(video, shape, 0)),
      });
    }),
  );
}

/** VAE decode of latents [1, C, F, H, W] in the model's units. */
async function decodeLatents(
  request: TextToVideoRequest,
  decoder: ProgramInstance,
  latents: Float32Array,
  frames = request.plan.latentShape[2],
): Promise<Float32Array> {
  const { model, job, plan } = request;
  const [batch, channels, , height, width] = plan.latentShape;
  const shape = [batch, channels, frames, height, width] as const;
  const read = model.reader('vae');
  const denormalized = denormalizeLatents(latents, shape, {
    mean: await read('latents_mean'),
    std: await read('latents_std'),
    scalingFactor: model.vae.scaling_factor,
  });
  const inputs: Record<string, Float32Array> = { latents: denormalized };
  if (model.vae.timestep_conditioning) {
    const noise = randomNormal(job.seed, noiseStreams.decode, denormalized.length);
    inputs.latents = blendDecodeNoise(denormalized, noise, decodeNoiseScale);
    const [scale] = await read(decodeTimestepScaleName);
    inputs.timestep_sinusoid = decodeTimestepInput([decodeTimestep], scale);
  }
  decoder.program.buffers.forEach((buffer) => {
    if (buffer.kind !== 'input' || !buffer.name.startsWith('noise.')) return;
    const draw = Number(buffer.name.slice('noise.'.length));
    const count = buffer.type.shape.reduce((product, size) => product * size, 1);
    inputs[buffer.name] = randomNormal(job.seed, noiseStreams.decoderLayers + draw, count);
  });
  return runForFloats(decoder, inputs, 'sample', request.signal);
}

/** Loads a component's weights and a program over them for as long as `body` takes. */
async function withProgram<T>(
  context: GpuContext,
  model: LtxModel,
  component: LtxComponent,
  program: Program,
  body: (instance: ProgramInstance) => Promise<T>,
): Promise<T> {
  await model.check(component, wantedParameters(program));
  const parameters = new ParameterStore(context, model.reader(component));
  try {
    const instance = await ProgramInstance.create(program, context, parameters);
    try {
      return await body(instance);
    } finally {
      instance.destroy();
    }
  } finally {
    parameters.destroy();
  }
}

function wantedParameters(program: Program): Map<string, readonly number[]> {
  const wanted = new Map<string, readonly number[]>();
  for (const buffer of program.buffers) if (buffer.kind === 'parameter') wanted.set(buffer.spec.name, buffer.spec.storedShape);
  return wanted;
}

async function runForFloats(
  instance: ProgramInstance,
  inputs: Readonly<Record<string, Float32Array | Int32Array>>,
  output: string,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const results = await instance.run(inputs, signal === undefined ? {} : { signal });
  const data = results.get(output)?.data;
  if (!(data instanceof Float32Array)) throw new AiprodError('internal', `the program has no float output ${output}`);
  return data;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AiprodError('cancelled', 'the run was cancelled');
}
