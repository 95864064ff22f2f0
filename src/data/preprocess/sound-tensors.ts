import type { Waveform } from '../../audio';
import { AiprodError } from '../../errors';
import type { DataSource } from '../data-source';
import type { MediaItem } from '../media-item';
import { PRECOMPUTED_FOLDERS } from '../precomputed-set';
import { latentSoundMask } from './latent-sound-mask';
import { requiredSound } from './media-files';
import type { EncodedTensors, SoundEncoder, SoundPart } from './sample-encoder';

interface SoundRequest {
  readonly source: DataSource;
  readonly encoder: SoundEncoder;
  readonly signal: AbortSignal;
}

/**
 * What is made of a sample's sound: its reference, its mask, and last its latents, each with the folder that it goes to.
 * @param sound null where the sample has none: then only a reference can be made
 * @throws AiprodError 'bad-input' for a file that is not what it should be
 */
export async function* soundTensors(
  item: MediaItem,
  sound: Waveform | null,
  part: SoundPart,
  { source, encoder, signal }: SoundRequest,
): AsyncGenerator<readonly [folder: string, tensors: EncodedTensors]> {
  if (item.reference_audio !== undefined) {
    const reference = await requiredSound(source, item.reference_audio, signal);
    yield [PRECOMPUTED_FOLDERS.referenceAudioLatents, await encoder.encode(reference, part, signal)];
  }
  if (sound === null) {
    if (item.audio_mask === undefined) return;
    throw new AiprodError('bad-input', 'there is a mask of the sound, but no sound', {
      where: item.audio_mask,
      hint: 'Leave audio_mask out, or name the sound in audio',
    });
  }
  const latents = await encoder.encode(sound, part, signal);
  if (item.audio_mask !== undefined) {
    const steps = latents.latents.shape[1];
    const mask = await latentSoundMask(
      source,
      item.audio_mask,
      { start: part.start, steps, stepsPerSecond: encoder.latentsPerSecond },
      signal,
    );
    yield [PRECOMPUTED_FOLDERS.audioMasks, mask];
  }
  yield [PRECOMPUTED_FOLDERS.audioLatents, latents];
}
