import { AiprodError } from '../errors';
import type { GpuContext } from '../gpu';
import type { Program } from '../graph';
import type { AudioAutoencoder, AudioTensor } from './audio-codec';
import type { AudioLayout, AudioParts } from './audio-parts';
import { encodeFinite, type EncodingPrograms } from './finite-encoding';
import { spectrogramFrameLength } from './graph-audio';
import { largest, type MachineMemory } from './machine-memory';
import type { AudioPrograms } from './machine-programs';
import type { VideoModel } from './model-family';
import { runForFloats, withProgram, type WeightsOf } from './program-run';

export interface GpuAudioOptions {
  readonly model: VideoModel;
  readonly context: GpuContext;
  readonly programs: AudioPrograms;
  readonly encoding: EncodingPrograms<{ readonly audio: Pick<AudioPrograms, 'encoder'> }>;
  readonly memory: Pick<MachineMemory, 'decodeAudio'>;
  readonly layout: AudioLayout;
  readonly weightsOf: (component: string) => WeightsOf;
}

/** The sound models of LTX-2 on a GPU; each program is held only while it runs. */
export function gpuAudioParts({ model, context, encoding, programs, memory, layout, weightsOf }: GpuAudioOptions): AudioParts {
  if (!('audioVae' in model)) throw new AiprodError('internal', 'the model makes no sound');
  const { audioVae: vae } = model;
  return {
    ...layout,
    estimate: (shape) => largest(memory.decodeAudio(shape)),
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
          encodeFinite('sound', encoding, ({ audio: by }) => run('audio_vae', by.encoder(frames, melBins), { mel: data }, 'moments')),
        decode: ({ shape: [, , frames], data }) => run('audio_vae', programs.decoder(frames, layout.bins), { latents: data }, 'mel'),
        async vocode({ shape: [, channels, frames], data }) {
          const wave = await run('vocoder', programs.vocoder(frames, channels), { mel: data }, 'sample');
          const [, made, samples] = wave.shape;
          return Array.from({ length: made }, (_, channel) => wave.data.slice(channel * samples, (channel + 1) * samples));
        },
      };
      return body(audio);
    },
  };
}
