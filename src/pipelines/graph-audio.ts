import { AiprodError } from '../errors';
import type { Graph } from '../graph';
import {
  buildAudioVaeDecoderGraph,
  buildAudioVaeEncoderGraph,
  buildVocoderGraph,
  vocoderContext,
  type Ltx2AudioVaeConfig,
  type Ltx2VocoderConfig,
} from '../models';
import type { AudioAutoencoder, AudioTensor } from './audio-codec';
import type { GraphHost } from './graph-models';

/** Samples of a frame of the encoder's spectrogram; no config says it. */
export const spectrogramFrameLength = 1024;

export interface AudioModels {
  readonly vae: { readonly config: Ltx2AudioVaeConfig; readonly host: GraphHost };
  readonly vocoder: { readonly config: Ltx2VocoderConfig; readonly host: GraphHost };
  /** Spectrogram frames that are made into sound at once; longer ones in chunks. Default 1000, which is 10 seconds. */
  readonly chunkFrames?: number;
}

/** The sound models of LTX-2 as graphs, each traced for the length it is asked for. */
export async function graphAudioAutoencoder({ vae, vocoder, chunkFrames = 1000 }: AudioModels): Promise<AudioAutoencoder> {
  const { config, host } = vae;
  const { read, dtype } = host;
  return {
    statistics: { mean: await read('latents_mean'), std: await read('latents_std') },
    latentChannels: config.latent_channels,
    front: {
      channels: config.in_channels,
      sampleRate: config.sample_rate,
      frameLength: spectrogramFrameLength,
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
    vocode: (mel) => vocodeInChunks(vocoder, mel, chunkFrames),
  };
}

async function vocode({ config, host }: AudioModels['vocoder'], { shape, data }: AudioTensor): Promise<Float32Array[]> {
  const [batch, channels, frames] = shape;
  const { graph } = buildVocoderGraph(config, { batch, channels, frames, dtype: host.dtype });
  const wave = await runAudio(host, graph, { mel: data }, 'sample');
  const samples = wave.shape[2];
  return Array.from({ length: wave.shape[1] }, (_, channel) => wave.data.slice(channel * samples, (channel + 1) * samples));
}

/** Sound of a spectrogram [1, channels, T, bins]: chunks with as many frames around them as their samples depend on, cut off again. */
async function vocodeInChunks(vocoder: AudioModels['vocoder'], mel: AudioTensor, chunkFrames: number): Promise<Float32Array[]> {
  const context = vocoderContext(vocoder.config);
  const frames = mel.shape[2];
  if (context === undefined || frames <= chunkFrames) return vocode(vocoder, mel);
  const { multiple, samplesPerFrame } = context;
  const step = Math.ceil(chunkFrames / multiple) * multiple;
  const around = Math.ceil(context.frames / multiple) * multiple;
  const parts: Float32Array[][] = [];
  for (let start = 0; start < frames; start += step) {
    const end = Math.min(frames, start + step);
    const [first, last] = [Math.max(0, start - around), Math.min(frames, end + around)];
    const channels = await vocode(vocoder, sliceFrames(mel, first, last));
    const cut = [(start - first) * samplesPerFrame, (end - first) * samplesPerFrame] as const;
    parts.push(channels.map((samples) => samples.subarray(...cut)));
  }
  return parts[0].map((_, channel) => joinSamples(parts.map((part) => part[channel])));
}

/** Frames of a spectrogram of one sample, from `first` up to but without `last`. */
function sliceFrames({ shape, data }: AudioTensor, first: number, last: number): AudioTensor {
  const [, channels, frames, bins] = shape;
  const result = new Float32Array(channels * (last - first) * bins);
  for (let channel = 0; channel < channels; channel++) {
    const part = data.subarray((channel * frames + first) * bins, (channel * frames + last) * bins);
    result.set(part, channel * (last - first) * bins);
  }
  return { shape: [1, channels, last - first, bins], data: result };
}

function joinSamples(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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
