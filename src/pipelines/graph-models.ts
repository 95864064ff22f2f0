import { AiprodError } from '../errors';
import { passesKey, perturbationsOfPasses, predictionsOfPasses, type GuidancePass } from '../diffusion';
import type { Graph, HostTensor, ParameterReader } from '../graph';
import {
  buildLatentUpsamplerGraph,
  buildLtx2TransformerGraph,
  buildTransformerGraph,
  decodeTimestepInput,
  decodeTimestepScaleName,
  type GraphRunner,
  type Ltx2TransformerConfig,
  type LtxTransformerConfig,
  type LtxUpsamplerConfig,
  type Video,
} from '../models';
import { audioVideoInputs, audioVideoPositions, audioVideoPredictions, audioVideoText, blockNumbers } from './audio-video-inputs';
import type { VelocityModel } from './denoise';
import type { VideoAutoencoder } from './latent-codec';
import type { NoiseSource } from './noise';
import type { EncodedText, TransformerRequest } from './video-machine';
import type { VideoVae } from './video-vae';
import { denoisingInputs, textInputs } from './transformer-inputs';

/** What runs a model's graphs: the CPU evaluator or a GPU executor, over a component's weights. */
export interface GraphHost {
  readonly run: GraphRunner;
  readonly read: ParameterReader;
  /** Storage type of weights and activations. Default f32. */
  readonly dtype?: 'f32' | 'f16';
}

/** The LTX-Video transformer of a run as graphs; traced once for each list of passes. */
export function graphVelocityModel(
  config: LtxTransformerConfig,
  host: GraphHost,
  options: Pick<TransformerRequest, 'positions' | 'timesteps'> & { readonly text: EncodedText },
): VelocityModel {
  const { positions, timesteps, text } = options;
  const graphs = new Map<string, Graph>();
  const graphFor = (passes: readonly GuidancePass[]): Graph => {
    const known = graphs.get(passesKey(passes));
    if (known !== undefined) return known;
    const { graph } = buildTransformerGraph(config, {
      batch: passes.length,
      positions,
      timesteps,
      perturbations: perturbationsOfPasses(passes),
      textLength: text.mask.length / text.prompts,
      dtype: host.dtype,
    });
    graphs.set(passesKey(passes), graph);
    return graph;
  };
  return {
    async predict(latents, tokenTimesteps, passes) {
      const inputs = { ...denoisingInputs(latents, tokenTimesteps, passes.length), ...textInputs(text, passes) };
      return predictionsOfPasses(passes, (await runFor(host, graphFor(passes), inputs, 'sample')).data);
    },
  };
}

/** The LTX-2 transformer of a run as graphs; traced once for each list of passes. */
export function graphAudioVideoModel(
  config: Ltx2TransformerConfig,
  host: GraphHost,
  { text, crossTimestep, ...request }: TransformerRequest & { readonly text: EncodedText; readonly crossTimestep: boolean },
): VelocityModel {
  const positions = audioVideoPositions(request);
  const { audioFrames } = positions;
  const graphs = new Map<string, Graph>();
  const graphFor = (passes: readonly GuidancePass[]): Graph => {
    const known = graphs.get(passesKey(passes));
    if (known !== undefined) return known;
    const { graph } = buildLtx2TransformerGraph(config, {
      batch: passes.length,
      positions,
      textLength: text.mask.length / text.prompts,
      timesteps: { video: request.timesteps, audio: request.timesteps },
      crossTimestep,
      perturbations: perturbationsOfPasses(passes, blockNumbers(config)),
      dtype: host.dtype,
    });
    graphs.set(passesKey(passes), graph);
    return graph;
  };
  return {
    async predict(latents, timesteps, passes) {
      const inputs = {
        ...audioVideoInputs(config, latents, timesteps, { batch: passes.length, audioFrames, crossTimestep }),
        ...audioVideoText(text, passes),
      };
      const results = await host.run(graphFor(passes), inputs, host.read);
      return audioVideoPredictions(passes, floatsOf(results, 'sample').data, floatsOf(results, 'audio_sample').data);
    },
  };
}

/** A VAE as graphs. `noise` feeds decoder layers that inject it. */
export async function graphAutoencoder(vae: VideoVae, host: GraphHost, noise: NoiseSource): Promise<VideoAutoencoder> {
  const { read, dtype } = host;
  return {
    statistics: await vae.statistics(read),
    timestepConditioned: vae.timestepConditioned,
    async encode({ shape, data }) {
      const { graph } = vae.encoder(shape, dtype);
      return runFor(host, graph, { video: data }, 'moments');
    },
    async *decode({ shape, data }, timestep) {
      const { graph, inputs: wanted } = vae.decoder(shape, dtype);
      const inputs: Record<string, Float32Array> = { latents: data };
      if (vae.timestepConditioned) {
        if (timestep === undefined) throw new AiprodError('internal', 'a timestep-conditioned decoder was given no timestep');
        const [scale] = await read(decodeTimestepScaleName);
        inputs.timestep_sinusoid = decodeTimestepInput(new Float32Array(shape[0]).fill(timestep), scale);
      }
      for (const [name, type] of wanted) {
        if (!name.startsWith('noise.')) continue;
        const count = type.shape.reduce((product, size) => product * size, 1);
        inputs[name] = noise('decoderLayers', Number(name.slice('noise.'.length)), count);
      }
      yield { firstFrame: 0, video: await runFor(host, graph, inputs, 'sample') };
    },
  };
}

/** The LTX-Video latent upsampler as a graph, for latents in the VAE's units. */
export function graphUpsampler(config: LtxUpsamplerConfig, host: GraphHost): (latents: Video) => Promise<Video> {
  return ({ shape, data }) => {
    const [batch, , frames, height, width] = shape;
    const { graph } = buildLatentUpsamplerGraph(config, { batch, frames, height, width, dtype: host.dtype });
    return runFor(host, graph, { latents: data }, 'sample');
  };
}

/** Runs a graph for one output; three-axis outputs count as a video of one row and frame. */
export async function runFor(
  host: GraphHost,
  graph: Graph,
  inputs: Readonly<Record<string, HostTensor['data']>>,
  output: string,
): Promise<Video> {
  const result = floatsOf(await host.run(graph, inputs, host.read), output);
  const [batch = 1, channels = 1, frames = 1, rows = 1, columns = 1] = result.shape;
  return { shape: [batch, channels, frames, rows, columns], data: result.data };
}

function floatsOf(
  results: ReadonlyMap<string, HostTensor>,
  output: string,
): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const result = results.get(output);
  if (result !== undefined && result.data instanceof Float32Array) return { shape: result.shape, data: result.data };
  throw new AiprodError('internal', `the graph has no float output ${output}`);
}
