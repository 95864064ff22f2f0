import { z } from 'zod';
import { crossfade, monoSamples, resample, waveformPart, type Waveform } from '../../audio';
import { nodeKind } from '../dag';
import { tensorOfWaveform, waveformOfTensor } from './sound-value';

const seconds = z.number().min(0);

const settings = z.strictObject({
  /** Samples a second of what is kept, and of what comes out. */
  sampleRate: z.int().positive(),
  /** Samples a second of what was made. */
  madeRate: z.int().positive(),
  /** How long what was made is to last, whatever the decoder gave. */
  madeSeconds: seconds,
  /** Whether what was made comes after what is kept, or before it. */
  direction: z.enum(['forward', 'backward']),
  /** Where the later of the two begins. */
  at: seconds,
  /** How long both last together. */
  seconds,
});

/** Long enough that no click is heard where phases do not meet, shorter than a latent frame. */
const FADE_SECONDS = 0.02;

/**
 * A sound made longer: `kept` [channels, samples], whole and as it is but for a fade of 20 ms, and `made`, which lasts as long as its
 * picture and begins before the end of it (or ends after its beginning): `audio`, of the channels that were made.
 */
export const joinSoundsKind = nodeKind({
  name: 'join-sounds',
  version: 1,
  outputs: ['audio'],
  keep: 'never',
  settings,
  run: async (inputs, { settings: { sampleRate, madeRate, madeSeconds, direction, at, seconds: total } }) => {
    const whole = resample(waveformOfTensor(inputs.tensor('made'), madeRate), sampleRate);
    const made = waveformPart(whole, 0, Math.round(madeSeconds * sampleRate));
    const kept = withChannels(waveformOfTensor(inputs.tensor('kept'), sampleRate), made.channels.length);
    const [begin, fade] = [at, FADE_SECONDS].map((length) => Math.round(length * sampleRate));
    const end = kept.channels[0].length;
    const joined =
      direction === 'forward'
        ? crossfade(kept, made, { at: begin, fade: [end - fade, end] })
        : crossfade(made, kept, { at: begin, fade: [begin, begin + fade] });
    return { audio: tensorOfWaveform(waveformPart(joined, 0, Math.round(total * sampleRate)).channels) };
  },
});

/** Other numbers of channels are heard as their mean, on all of them. */
function withChannels(sound: Waveform, count: number): Waveform {
  if (sound.channels.length === count) return sound;
  const mono = monoSamples(sound);
  return { ...sound, channels: Array.from({ length: count }, () => mono) };
}
