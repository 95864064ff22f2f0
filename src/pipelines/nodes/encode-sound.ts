import { z } from 'zod';
import { sampleCount, stereoAtMost, waveformPart, type Waveform } from '../../audio';
import { unpackAudioLatents, type AudioLatentShape } from '../../diffusion';
import { AiprodError } from '../../errors';
import { encodeWaveform } from '../audio-codec';
import type { AudioParts } from '../audio-parts';
import { nodeKind, type NodeKind } from '../dag';
import type { VideoMachine } from '../video-machine';
import { waveformOfTensor } from './sound-value';
import { audioShapeSchema, identitySchema } from './video-value';

const settings = z.strictObject({
  /** Samples a second of what comes in. */
  sampleRate: z.int().positive(),
  /** Of the latents that go out. */
  shape: audioShapeSchema,
  model: identitySchema,
});

/** `audio` [channels, samples], -1 to 1, to `latents` [1, C, T, M] in the model's units; where it is too short, silence follows. */
export function encodeSoundKind(machine: VideoMachine): NodeKind {
  return nodeKind({
    name: 'encode-sound',
    version: 1,
    outputs: ['latents'],
    keep: 'store',
    settings,
    async run(inputs, { settings: { sampleRate, shape }, signal, progress }) {
      if (machine.audio === undefined) throw new AiprodError('internal', 'the model has no audio to encode');
      progress(0, 1);
      const data = await encodeSoundLatents(machine.audio, waveformOfTensor(inputs.tensor('audio'), sampleRate), shape, signal);
      progress(1, 1);
      return { latents: { shape: [...shape], data } };
    },
  });
}

/** A waveform to latents [1, C, T, M] in the model's units; where it is too short, silence follows. */
export async function encodeSoundLatents(
  audio: AudioParts,
  waveform: Waveform,
  shape: AudioLatentShape,
  signal: AbortSignal,
): Promise<Float32Array> {
  const [, channels, frames, bins] = shape;
  const { sampleRate: rate, hopLength, compression } = audio.rate;
  // A latent frame more than is taken, so that the last one is whole.
  const seconds = ((frames + 1) * hopLength * compression) / rate;
  const heard = waveformPart(stereoAtMost(waveform), 0, Math.max(sampleCount(waveform), Math.ceil(seconds * waveform.sampleRate)));
  const { data, frames: made } = await audio.withAutoencoder(signal, (autoencoder) => encodeWaveform(autoencoder, heard));
  if (made < frames) throw new AiprodError('internal', `${made} audio latents were made where ${frames} are needed`);
  return unpackAudioLatents(data.subarray(0, frames * channels * bins), shape);
}
