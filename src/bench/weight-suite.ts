/** What encoded weights cost in quality: clips of a model with its weights in every encoding, against plain f32 ones. */
import { denormalizeLatents, packedShape, packLatents, unpackLatents } from '../diffusion';
import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import { compileGraph, ParameterStore, ProgramInstance, storeParametersAs, type EncodingOf, type Graph, type HostTensor } from '../graph';
import { buildTextEncoderGraph, buildTransformerGraph, buildVaeDecoderGraph, compressionRatios, timestepInput } from '../models';
import { randomNormal } from '../numeric/random';
import { shiftedSchedule, type LtxComponent, type LtxModel } from '../pipelines';
import { encodePrompt } from '../text';
import { chooseEncodings, weightOptions, type WeightOption } from '../weights';
import { likeness, peakSignalToNoise } from './likeness';
import type { BenchCase } from './report';

/** Options that change what weights hold. */
export const encodedOptions = weightOptions.filter((option) => option !== 'as-stored' && option !== 'plain');

/** Prompts of the embedded model's held-out set, of different colours, shapes, motions and grounds. */
export const weightPrompts = [
  'a tiny green donut slides to the left over a meadow at sunset',
  'a cartoon of a large blue triangle moving right on a gray background',
  'a video of an orange disc going up on gray',
] as const;

export interface WeightSuiteOptions {
  /** Several, so that a figure does not hang on one of them. */
  readonly prompts: readonly string[];
  readonly encodings: readonly WeightOption[];
  onProgress?(text: string): void;
}

const seed = 1234;

export interface Clip {
  /** Final latents, packed. */
  readonly latents: Float32Array;
  /** [3, F, H, W], about -1 to 1. */
  readonly video: Float32Array;
}

/**
 * For every encoding: similarity of the final latents and PSNR of the frames to those of plain f32 weights, the worst and the
 * mean over the prompts; bytes of the weights; bytes held against the plan. Arithmetic is in f32 throughout.
 */
export async function weightSuite(model: LtxModel, context: GpuContext, options: WeightSuiteOptions): Promise<BenchCase[]> {
  const { clips: expected } = await encodedClips(model, context, 'plain', options.prompts);
  const cases: BenchCase[] = [];
  for (const encoding of options.encodings) {
    options.onProgress?.(`weights: ${encoding}`);
    const { clips, weightBytes, memory } = await encodedClips(model, context, encoding, options.prompts);
    const quality = { ...qualityOf(clips, expected), weightBytes };
    cases.push({ suite: 'weights', name: `${model.name}, ${encoding}`, results: [], ratios: [], unsupported: [], memory, quality });
  }
  return cases;
}

/** How near clips come to those they should be, over all of them. */
export function qualityOf(clips: readonly Clip[], expected: readonly Clip[]) {
  const latents = clips.map((clip, k) => likeness(clip.latents, expected[k].latents));
  return {
    similarity: spread(latents.map(({ similarity }) => similarity)),
    cosine: spread(latents.map(({ cosine }) => cosine)),
    psnr: spread(clips.map((clip, k) => peakSignalToNoise(clip.video, expected[k].video))),
  };
}

function spread(values: readonly number[]): { worst: number; mean: number } {
  return { worst: Math.min(...values), mean: values.reduce((sum, value) => sum + value, 0) / values.length };
}

/** A clip of each prompt with weights in an encoding, and what that takes. */
export async function encodedClips(
  model: LtxModel,
  context: GpuContext,
  option: WeightOption,
  prompts: readonly string[],
): Promise<{ clips: Clip[]; weightBytes: number; memory: { predictedBytes: number; heldBytes: number } }> {
  // What files hold does not matter to options that quantise.
  const host = new EncodedHost(model, context, chooseEncodings({ encoding: () => undefined }, option, 'f32'));
  const before = context.allocator.liveBytes;
  context.allocator.resetPeak();
  try {
    const clips: Clip[] = [];
    for (const prompt of prompts) clips.push(await makeClip(model, host, prompt));
    const { weightBytes, predictedBytes } = host;
    return { clips, weightBytes, memory: { predictedBytes, heldBytes: context.allocator.peakBytes - before } };
  } finally {
    host.close();
  }
}

/** The model's default clip with classifier-free guidance, in Euler steps. */
async function makeClip(model: LtxModel, host: EncodedHost, prompt: string): Promise<Clip> {
  const { defaults } = model.traits;
  const { spatial, temporal } = compressionRatios(model.vae);
  const [frames, height, width] = [(defaults.frames - 1) / temporal + 1, defaults.height / spatial, defaults.width / spatial];
  const shape = [1, model.vae.latent_channels, frames, height, width] as const;
  const { patch_size: patch, patch_size_t: patchTime } = model.transformer;
  const length = model.maxSequenceLength;
  const { textEncoder } = model;
  if (textEncoder.kind !== 't5') throw new AiprodError('internal', 'weights are measured with a T5 encoder');
  const encoded = ['', prompt].map((text) => encodePrompt(textEncoder.tokenizer, text, length));

  const text = await host.run(
    'text_encoder',
    'last_hidden_state',
    () => buildTextEncoderGraph(textEncoder.config, { batch: 2, length, masked: false }),
    { input_ids: Int32Array.from(encoded.flatMap(({ ids }) => [...ids])) },
  );
  const [, tokens] = packedShape(shape, model.transformer);
  const { sigmas, timesteps } = shiftedSchedule(model.scheduler, { steps: defaults.steps, tokens, anchors: model.dynamicShift });
  let latents = packLatents(
    randomNormal(
      seed,
      0,
      shape.reduce((product, size) => product * size, 1),
    ),
    shape,
    model.transformer,
  );
  for (let step = 0; step < timesteps.length; step++) {
    const both = await host.run(
      'transformer',
      'sample',
      () =>
        buildTransformerGraph(model.transformer, {
          batch: 2,
          textLength: length,
          positions: {
            frames: frames / patchTime,
            height: height / patch,
            width: width / patch,
            ropeInterpolationScale: [temporal / defaults.frameRate, spatial, spatial],
          },
        }),
      {
        hidden_states: Float32Array.of(...latents, ...latents),
        timestep_sinusoid: timestepInput(Float32Array.of(timesteps[step], timesteps[step])),
        encoder_hidden_states: text,
        encoder_attention_mask: Float32Array.from(encoded.flatMap(({ mask }) => [...mask])),
      },
    );
    const change = sigmas[step + 1] - sigmas[step];
    const half = latents.length;
    latents = latents.map((value, k) => value + change * (both[k] + defaults.guidanceScale * (both[half + k] - both[k])));
  }

  const read = model.reader('vae');
  const denormalized = denormalizeLatents(unpackLatents(latents, shape, model.transformer), shape, {
    mean: await read('latents_mean'),
    std: await read('latents_std'),
    scalingFactor: model.vae.scaling_factor,
  });
  const video = await host.run('vae', 'sample', () => buildVaeDecoderGraph(model.vae, { batch: 1, frames, height, width }), {
    latents: denormalized,
  });
  return { latents, video };
}

/** Runs components with weights in an encoding, and counts what they need. */
class EncodedHost {
  weightBytes = 0;
  predictedBytes = 0;
  private readonly open = new Map<LtxComponent, { readonly instance: ProgramInstance; readonly parameters: ParameterStore }>();

  constructor(
    private readonly model: LtxModel,
    private readonly context: GpuContext,
    private readonly encodingOf: EncodingOf,
  ) {}

  /** Runs a component, built on first use, for one output of floats. */
  async run(
    component: LtxComponent,
    output: string,
    build: () => { readonly graph: Graph },
    inputs: Readonly<Record<string, HostTensor['data']>>,
  ): Promise<Float32Array> {
    const { instance } = this.open.get(component) ?? (await this.load(component, build().graph));
    const data = (await instance.run(inputs)).get(output)?.data;
    if (!(data instanceof Float32Array)) throw new AiprodError('internal', `the program has no float output ${output}`);
    return data;
  }

  close(): void {
    for (const { instance, parameters } of this.open.values()) {
      instance.destroy();
      parameters.destroy();
    }
  }

  private async load(component: LtxComponent, graph: Graph) {
    const program = compileGraph(storeParametersAs(graph, this.encodingOf), this.context);
    this.weightBytes += program.memory.parameterBytes;
    this.predictedBytes += program.memory.totalBytes;
    const parameters = new ParameterStore(this.context, this.model.reader(component));
    const loaded = { parameters, instance: await ProgramInstance.create(program, this.context, parameters) };
    this.open.set(component, loaded);
    return loaded;
  }
}
