import { AiprodError } from '../errors';
import type { Graph } from '../graph';
import {
  buildAudioVaeDecoderGraph,
  buildAudioVaeEncoderGraph,
  buildVocoderGraph,
  type Ltx2AudioVaeConfig,
  type Ltx2VocoderConfig,
} from '../models';
import type { AudioAutoencoder, AudioTensor } from './audio-codec';
import type { GraphHost } from './graph-models';

/** Samples of a frame of the encoder's spectrogram; no config says it. */
const frameLength = 1024;

export interface AudioModels {
  readonly vae: { readonly config: Ltx2AudioVaeConfig; readonly host: GraphHost };
  readonly vocoder: { readonly config: Ltx2VocoderConfig; readonly host: GraphHost };
}

/** The sound models of LTX-2 as graphs, each traced for the length it is asked for. */
export async function graphAudioAutoencoder({ vae, vocoder }: AudioModels): Promise<AudioAutoencoder> {
  const { config, host } = vae;
  const { read, dtype } = host;
  return {
    statistics: { mean: await read('latents_mean'), std: await read('latents_std') },
    latentChannels: config.latent_channels,
    front: {
      channels: config.in_channels,
      sampleRate: config.sample_rate,
      frameLength,
      hopLength: config.mel_hop_length,
      melBins: requiredBins(config),
    },
    sampleRate: vocoder.config.sampleRate,
    encode({ shape, data }) {
      const [batch, , frames, melBins] = shape;
      const { graph } = buildAudioVaeEncoderGraph(config, { batch, frames, melBins, dtype });
      return runAudio(host, graph, { mel: data }, 'moments');
    },
    decode({ shape, data }) {
      const [batch, , frames, bins] = shape;
      const { graph } = buildAudioVaeDecoderGraph(config, { batch, frames, bins, dtype });
      return runAudio(host, graph, { latents: data }, 'mel');
    },
    async vocode({ shape, data }) {
      const [batch, channels, frames] = shape;
      const { graph } = buildVocoderGraph(vocoder.config, { batch, channels, frames, dtype: vocoder.host.dtype });
      const wave = await runAudio(vocoder.host, graph, { mel: data }, 'sample');
      const samples = wave.shape[2];
      return Array.from({ length: wave.shape[1] }, (_, channel) => wave.data.slice(channel * samples, (channel + 1) * samples));
    },
  };
}

function requiredBins({ mel_bins }: Ltx2AudioVaeConfig): number {
  if (mel_bins !== null && mel_bins !== undefined) return mel_bins;
  throw new AiprodError('unsupported-model', 'the audio VAE does not say how many mel bins it takes', {
    expected: 'mel_bins in its config.json',
    found: 'null',
  });
}

/** Runs a graph for one output of up to four axes. */
async function runAudio(
  host: GraphHost,
  graph: Graph,
  inputs: Readonly<Record<string, Float32Array>>,
  output: string,
): Promise<AudioTensor> {
  const result = (await host.run(graph, inputs, host.read)).get(output);
  if (result === undefined || !(result.data instanceof Float32Array))
    throw new AiprodError('internal', `the graph has no float output ${output}`);
  const [batch = 1, channels = 1, frames = 1, bins = 1] = result.shape;
  return { shape: [batch, channels, frames, bins], data: result.data };
}
