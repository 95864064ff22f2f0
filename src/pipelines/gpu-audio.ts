import { AiprodError } from '../errors';
import { compileGraph, storeParametersAs, type Graph, type Program } from '../graph';
import { buildAudioVaeDecoderGraph, buildAudioVaeEncoderGraph, buildVocoderGraph, decodedAudioFrames } from '../models';
import type { AudioAutoencoder, AudioTensor } from './audio-codec';
import type { AudioLayout, AudioParts } from './audio-parts';
import type { GpuMachineOptions } from './gpu-machine';
import { runForFloats, withProgram, type WeightsOf } from './program-run';
import { spectrogramFrameLength } from './graph-audio';
import { chooseEncodings } from '../weights';

/** The sound models of LTX-2 on a GPU; each program is held only while it runs. */
export function gpuAudioParts(
  { model, context, dtype, weights = 'plain' }: GpuMachineOptions,
  layout: AudioLayout,
  weightsOf: (component: string) => WeightsOf,
): AudioParts {
  if (!('audioVae' in model)) throw new AiprodError('internal', 'the model makes no sound');
  const { audioVae: vae, vocoder } = model;
  const compiled = (component: 'audio_vae' | 'vocoder', graph: Graph): Program =>
    compileGraph(storeParametersAs(graph, chooseEncodings(model.stored(component), weights, dtype)), context);
  const decoderOf = (frames: number): Program =>
    compiled('audio_vae', buildAudioVaeDecoderGraph(vae, { batch: 1, frames, bins: layout.bins, dtype }).graph);
  const vocoderOf = (frames: number, channels = vae.output_channels): Program =>
    compiled('vocoder', buildVocoderGraph(vocoder, { batch: 1, channels, frames, dtype }).graph);
  return {
    ...layout,
    estimate([, , frames]) {
      const programs = [decoderOf(frames), vocoderOf(decodedAudioFrames(frames))];
      const [largest] = programs.sort((a, b) => b.memory.totalBytes - a.memory.totalBytes);
      return { totalBytes: largest.memory.totalBytes, weightBytes: largest.memory.parameterBytes };
    },
    async withAutoencoder(signal, body) {
      const { read } = weightsOf('audio_vae');
      const run = (component: 'audio_vae' | 'vocoder', program: Program, inputs: Record<string, Float32Array>, output: string) =>
        withProgram(context, weightsOf(component), program, async (instance): Promise<AudioTensor> => {
          const { shape, data } = await runForFloats(instance, inputs, output, signal);
          const [batch = 1, channels = 1, frames = 1, bins = 1] = shape;
          return { shape: [batch, channels, frames, bins], data };
        });
      const audio: AudioAutoencoder = {
        statistics: { mean: await read('latents_mean'), std: await read('latents_std') },
        latentChannels: layout.channels,
        front: {
          channels: vae.in_channels,
          sampleRate: vae.sample_rate,
          frameLength: spectrogramFrameLength,
          hopLength: vae.mel_hop_length,
          melBins: layout.bins * layout.rate.compression,
        },
        sampleRate: layout.sampleRate,
        encode: ({ shape: [, , frames, melBins], data }) =>
          run(
            'audio_vae',
            compiled('audio_vae', buildAudioVaeEncoderGraph(vae, { batch: 1, frames, melBins, dtype }).graph),
            { mel: data },
            'moments',
          ),
        decode: ({ shape: [, , frames], data }) => run('audio_vae', decoderOf(frames), { latents: data }, 'mel'),
        async vocode({ shape: [, channels, frames], data }) {
          const wave = await run('vocoder', vocoderOf(frames, channels), { mel: data }, 'sample');
          const [, made, samples] = wave.shape;
          return Array.from({ length: made }, (_, channel) => wave.data.slice(channel * samples, (channel + 1) * samples));
        },
      };
      return body(audio);
    },
  };
}
