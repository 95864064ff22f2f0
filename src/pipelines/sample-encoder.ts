import { waveformPart } from '../audio';
import { bucketFrames, type EncodedTensors, type SampleEncoder, type SoundEncoder } from '../data';
import { audioLatentsPerSecond } from '../diffusion';
import { AiprodError } from '../errors';
import { secondsOfFrame } from '../media';
import type { AudioParts } from './audio-parts';
import type { GpuMachine } from './gpu-machine';
import type { TensorValue } from './dag';
import { imageCondition } from './image-condition';
import { encodeLatents } from './latent-codec';
import type { VideoModel } from './model-family';
import { encodeSoundLatents } from './nodes/encode-sound';
import { audioShapeOf } from './pipeline-graph';
import { identityOf } from './plan-job';
import type { ImageEncoder } from './video-machine';

export interface SampleEncoderOptions {
  readonly model: VideoModel;
  readonly machine: GpuMachine;
  /** Type that the machine computes in. */
  readonly dtype: 'f32' | 'f16';
}

/**
 * A model on a machine as what makes training samples: latents are the posterior's mean in the model's units, text is what the transformer
 * reads. Frames are brought to the size of their bucket by `bucketFrames`.
 */
export async function sampleEncoder({ model, machine, dtype }: SampleEncoderOptions): Promise<SampleEncoder> {
  const { audio, family, image } = machine;
  const identity = await identityOf({ model, dtype });
  return {
    identity: {
      video: JSON.stringify(identity.vae),
      text: JSON.stringify(identity.text_encoder),
      sound: JSON.stringify(identity.audio),
      ...(image === undefined ? {} : { image: JSON.stringify(identity.image_encoder) }),
    },
    sizeMultiple: model.traits.sizeMultiple,
    frameMultiple: model.traits.frameMultiple,
    ratios: family.vae.ratios,
    ...(audio === undefined ? {} : { sound: soundEncoder(audio) }),

    async encodeVideo(clip, { width, height, frames }, signal) {
      const pixels = { shape: [1, 3, frames, height, width] as const, data: await bucketFrames(clip, { width, height, frames }) };
      const latents = await machine.withAutoencoder(0, signal, (vae) => encodeLatents(vae, pixels, undefined));
      return { latents: { shape: latents.shape.slice(1), dtype: 'f32', data: latents.data } };
    },

    ...(image === undefined ? {} : { encodeImage: firstFrameEncoder(machine, image) }),

    async encodeTexts(captions, signal) {
      const { states, mask, audioStates } = await machine.encodeText(captions, 1, signal);
      const length = mask.length / captions.length;
      const row = (values: Float32Array, k: number): Float32Array =>
        values.slice((k * values.length) / captions.length, ((k + 1) * values.length) / captions.length);
      const embeds = (values: Float32Array, k: number): EncodedTensors[string] => ({
        shape: [length, values.length / mask.length],
        dtype: 'f32',
        data: row(values, k),
      });
      if (!Number.isInteger(length)) throw new AiprodError('internal', 'the captions were not encoded each by itself');
      return captions.map((_, k) => ({
        prompt_embeds: embeds(states, k),
        prompt_mask: { shape: [length], dtype: 'f32' as const, data: row(mask, k) },
        ...(audioStates === undefined ? {} : { audio_prompt_embeds: embeds(audioStates, k) }),
      }));
    },
  };
}

function soundEncoder(audio: AudioParts): SoundEncoder {
  return {
    latentsPerSecond: audioLatentsPerSecond(audio.rate),
    async encode(sound, { start, frames, frameRate }, signal) {
      const [from, seconds] = [Math.round(start * sound.sampleRate), secondsOfFrame(frames, frameRate)];
      const part = waveformPart(sound, from, from + Math.round(seconds * sound.sampleRate));
      const shape = audioShapeOf(audio, { frames, frameRate });
      const data = await encodeSoundLatents(audio, part, shape, signal);
      return { latents: { shape: shape.slice(1), dtype: 'f32', data } };
    },
  };
}

/** As models of image to video are shown the first frame of a clip: beside its latents, and by the states of their image encoder. */
function firstFrameEncoder(machine: GpuMachine, image: ImageEncoder): NonNullable<SampleEncoder['encodeImage']> {
  const { temporal } = machine.family.vae.ratios;
  return async (clip, { width, height, frames }, signal) => {
    const first = await bucketFrames(clip, { width, height, frames: 1 });
    const seen = await bucketFrames(clip, { width: image.size, height: image.size, frames: 1 });
    const states = await image.encode({ shape: [1, 3, 1, image.size, image.size], data: seen }, signal);
    const condition = await machine.withAutoencoder(0, signal, (vae) =>
      imageCondition(vae, first, [1, 3, frames, height, width], temporal),
    );
    const unbatched = ({ shape, data }: TensorValue): EncodedTensors[string] => ({ shape: shape.slice(1), dtype: 'f32', data });
    return { condition: unbatched(condition), image_embeds: unbatched(states) };
  };
}
