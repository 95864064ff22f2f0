import { z } from 'zod';
import { createScheduler, passesKey, unpackLatents } from '../diffusion';
import { AiprodError } from '../errors';
import { compareOutputs, floatInput } from '../golden';
import type { Graph } from '../graph';
import { fitFrames, parseFrameRate } from '../media';
import {
  buildClipVisionGraph,
  caseParams,
  clipVisionPixels,
  clipVisionTokens,
  componentConfig,
  parseClipVisionConfig,
  parseWanTransformerConfig,
  parseWanVaeConfig,
  type ModelCase,
  type Video,
  type WanTransformerConfig,
} from '../models';
import { isTensor, nodeKind, runGraph, type NodeKind } from './dag';
import { definitions } from './definitions';
import { graphMachine } from './graph-machine';
import { runFor, type GraphHost } from './graph-models';
import { parseJob, type ResolvedJob } from './job';
import { ref, videoOf } from './nodes/video-value';
import { wanConditionChannels } from './opening/assemble-wan-model';
import type { GraphContext } from './pipeline-graph';
import { framesOf, prompts, recordedNoise, type Recipe } from './verify-parts';
import { videoKinds } from './video-kinds';
import type { EncodedText, GivenImage, ImageEncoder, TransformerRequest } from './video-machine';
import { wanVideoVae } from './video-vae';
import type { VelocityModel } from './denoise';
import { wanGraph } from './wan-family';
import { wanFixedInputs, wanLatentShape, wanPatch, wanPredictions, wanStepInputs } from './wan-inputs';
import { joinedFloats } from '../numeric/joined';

/** Call arguments, with the reference's defaults. */
const paramsSchema = z.object({
  call: z.object({
    height: z.number(),
    width: z.number(),
    num_frames: z.number(),
    num_inference_steps: z.number().default(50),
    guidance_scale: z.number().default(5),
  }),
});

/** Recipe `wan_pipeline`: states of a text encoder, and an image, to frames, with the latents after every step; by the nodes that make clips. */
export const verifyWanPipeline: Recipe = async (golden, run, options) => {
  const { call } = caseParams(golden, paramsSchema);
  const hostOf = async (component: string): Promise<GraphHost> => ({ run, ...options, read: (await golden.openWeights(component)).read });
  const configOf = <Config>(component: string, parse: (value: unknown, where: string) => Config): Config =>
    parse(componentConfig(golden, component), `${golden.name} ${component}`);
  const transformer = configOf('transformer', parseWanTransformerConfig);
  const vae = configOf('vae', parseWanVaeConfig);
  const readsImage = transformer.image_dim !== null;
  const host = await hostOf('transformer');
  const encoder = readsImage ? imageEncoder(golden, await hostOf('image_encoder')) : undefined;
  const given = encoder && { imageLength: encoder.tokens, conditionChannels: wanConditionChannels(vae) };
  const machine = graphMachine({
    vae: { form: wanVideoVae(vae), host: await hostOf('vae') },
    transformer: {
      patch: wanPatch(transformer),
      open: (request) => velocityModel(transformer, host, { ...request, ...given }),
    },
    scheduler: createScheduler(golden.classes.scheduler, componentConfig(golden, 'scheduler')),
    noise: recordedNoise(golden, [], () => floatInput(golden, 'latents').data),
    encodeText({ length }) {
      const states = prompts(golden, 'prompt_embeds', length);
      return { prompts: length, states, mask: new Float32Array(states.length / transformer.text_dim).fill(1) };
    },
    ...(encoder === undefined ? {} : { image: encoder }),
  });
  const job: ResolvedJob = {
    ...parseJob({
      prompt: 'the case brings its own embeddings',
      pipeline: readsImage ? 'image-to-video' : 'text-to-video',
      ...(readsImage ? { conditions: [{ file: 'image' }] } : {}),
    }),
    width: call.width,
    height: call.height,
    frames: call.num_frames,
    frameRate: parseFrameRate(16),
    steps: call.num_inference_steps,
    guidanceScale: call.guidance_scale,
  };
  const context: GraphContext = {
    job,
    media: new Map(
      job.conditions.map(({ file }) => [file, { width: job.width, height: job.height, frames: 1, frameRate: null, fingerprint: '' }]),
    ),
    grid: machine.grid,
    latentChannels: vae.z_dim,
    scheduler: machine.scheduler,
    dynamicShift: undefined,
    sampler: 'scheduler',
    decode: { timestep: 0, noiseScale: 0 },
    posterior: 'mean',
    keyframeTokens: false,
    stgBlocks: [],
    conditions: { keyframes: 'front', guide: 'guide' },
    textByStage: false,
    upsampling: undefined,
    ...(encoder === undefined ? {} : { image: { size: encoder.size } }),
    identity: { text_encoder: null, transformer: null, vae: null, upsampler: null, audio: null, image_encoder: null },
  };
  const graph = definitions[job.pipeline].graph(context);
  if (graph.video === undefined) throw new AiprodError('internal', 'the pipeline makes no video');
  const perStep: Float32Array[] = [];
  const latentShape = wanLatentShape(transformer, {
    passes: [],
    timesteps: 'sample',
    positions: gridOf(transformer, floatInput(golden, 'latents').shape),
  });
  const kinds = videoKinds({
    machine,
    hooks: {
      onStep: (_, { state }) => void (state.step > 0 && perStep.push(unpackLatents(state.latents, latentShape, wanPatch(transformer)))),
    },
  });
  const targets = [graph.video, ...(readsImage ? [ref('encode-image', 'states'), ref('place-image', 'condition')] : [])];
  const { outputs } = await runGraph({
    graph: graph.nodes,
    kinds: new Map([...kinds, ...(readsImage ? ([['load-media', goldenImage(golden)]] as const) : [])]),
    targets,
  });
  const [video, states, condition] = targets.map(({ node, output }) => outputs.get(`${node}.${output}`));
  if (!isTensor(video)) throw new AiprodError('internal', 'the pipeline gave no video');
  const schedule = machine.scheduler.schedule({ steps: call.num_inference_steps });
  return compareOutputs(
    golden,
    new Map([
      ['frames', framesOf(videoOf(video))],
      ['latents_per_step', joinedFloats(perStep)],
      ['timesteps', schedule.timesteps],
      ...(isTensor(states) && isTensor(condition)
        ? ([
            ['image_embeds', states.data],
            ['condition', condition.data],
          ] as const)
        : []),
    ]),
  );
};

function gridOf({ patch_size }: WanTransformerConfig, [, , frames, height, width]: readonly number[]): TransformerRequest['positions'] {
  const [t, h, w] = patch_size;
  return { frames: frames / t, height: height / h, width: width / w, ropeInterpolationScale: [1, 1, 1] };
}

/** The case's image encoder as graphs. */
function imageEncoder(golden: ModelCase, host: GraphHost): ImageEncoder & { readonly tokens: number } {
  const config = parseClipVisionConfig(componentConfig(golden, 'image_encoder'), `${golden.name} image_encoder`);
  const tokens = clipVisionTokens(config);
  return {
    size: config.image_size,
    tokens,
    async encode({ data }) {
      const { graph } = buildClipVisionGraph(config, { batch: 1, dtype: host.dtype });
      const { data: states } = await runFor(host, graph, { pixel_values: clipVisionPixels(data) }, 'hidden_states');
      return { shape: [1, tokens, config.hidden_size], data: states };
    },
  };
}

/** The case's picture [1, 3, H, W], 0 to 1, in 8 bits, in place of a file. */
function goldenImage(golden: ModelCase): NodeKind {
  const settings = z.object({
    width: z.number(),
    height: z.number(),
    fit: z.enum(['crop', 'shortest-side']).optional(),
    filter: z.enum(['lanczos', 'bicubic']).optional(),
  });
  return nodeKind({
    name: 'load-media',
    version: 1,
    outputs: ['video'],
    keep: 'never',
    settings,
    async run(_, { settings: fitting }) {
      const { data, shape } = floatInput(golden, 'image');
      const [, , height, width] = shape;
      const size = height * width;
      const rgba = Uint8Array.from({ length: 4 * size }, (__, k) =>
        k % 4 === 3 ? 255 : Math.round(255 * data[(k % 4) * size + (k >> 2)]),
      );
      const fitted = await fitFrames({ width, height, frameRate: null, frames: [rgba] }, fitting);
      const video: Video = { shape: [1, 3, 1, fitting.height, fitting.width], data: fitted.data };
      return { video };
    },
  });
}

/** The transformer as graphs; traced once for each list of passes. */
function velocityModel(
  config: WanTransformerConfig,
  host: GraphHost,
  request: TransformerRequest & {
    readonly text: EncodedText;
    readonly image?: GivenImage;
    readonly imageLength?: number;
    readonly conditionChannels?: number;
  },
): VelocityModel {
  const { text, image, imageLength, conditionChannels } = request;
  const textLength = text.mask.length / text.prompts;
  const graphs = new Map<string, Graph>();
  return {
    async predict(latents, timesteps, passes) {
      const key = passesKey(passes);
      const graph = graphs.get(key) ?? wanGraph(config, request, passes, { textLength, imageLength, conditionChannels, dtype: host.dtype });
      graphs.set(key, graph);
      const inputs = {
        ...wanStepInputs(config, request, latents, timesteps, passes.length),
        ...wanFixedInputs(text, passes, image),
      };
      return wanPredictions(config, request, passes, (await runFor(host, graph, inputs, 'sample')).data);
    },
  };
}
