import { z } from 'zod';
import { packAudioLatents } from '../../diffusion';
import { AiprodError } from '../../errors';
import { decodeWaveform } from '../audio-codec';
import { nodeKind, type NodeKind } from '../dag';
import type { VideoMachine } from '../video-machine';
import { tensorOfWaveform } from './sound-value';
import { audioShapeSchema, identitySchema } from './video-value';

const settings = z.strictObject({
  /** Of the latents. */
  shape: audioShapeSchema,
  model: identitySchema,
});

export { settings as decodeAudioSettings };

/** `latents` [1, C, T, M] in the model's units to `audio` [channels, samples], -1 to 1, at the sample rate of the machine. */
export function decodeAudioKind(machine: VideoMachine): NodeKind {
  return nodeKind({
    name: 'decode-audio',
    version: 1,
    outputs: ['audio'],
    keep: 'store',
    settings,
    estimate: ({ shape }) => machine.audio?.estimate?.(shape) ?? { totalBytes: 0, weightBytes: 0 },
    async run(inputs, { settings: { shape }, signal, progress }) {
      if (machine.audio === undefined) throw new AiprodError('internal', 'the model has no audio to decode');
      progress(0, 1);
      const tokens = { frames: shape[2], data: packAudioLatents(inputs.tensor('latents').data, shape) };
      const { channels } = await machine.audio.withAutoencoder(signal, (audio) => decodeWaveform(audio, tokens));
      progress(1, 1);
      return { audio: tensorOfWaveform(channels) };
    },
  });
}
