import { z } from 'zod';
import { normalizeLoudness, waveformPart, waveformSource, WEB_LOUDNESS, wholeSound } from '../../audio';
import { nodeKind } from '../dag';
import { tensorOfWaveform, waveformOfTensor } from './sound-value';

const settings = z.strictObject({
  /** Samples a second. */
  sampleRate: z.int().positive(),
  /** Seconds that the sound is to last: cut, or followed by silence. As it is by default. */
  seconds: z.number().positive().optional(),
  /** LUFS that the sound is turned to, with peaks at -1 dBTP. As it is by default. */
  loudness: z.number().lt(0).optional(),
});

/** `audio` [channels, samples] to `audio` of a length and a loudness. */
export const finishSoundKind = nodeKind({
  name: 'finish-sound',
  version: 1,
  outputs: ['audio'],
  keep: 'never',
  settings,
  run: async (inputs, { settings: { sampleRate, seconds, loudness } }) => {
    const sound = waveformOfTensor(inputs.tensor('audio'), sampleRate);
    const fitted = seconds === undefined ? sound : waveformPart(sound, 0, Math.round(seconds * sampleRate));
    const turned =
      loudness === undefined ? fitted : await wholeSound(await normalizeLoudness(waveformSource(fitted), { ...WEB_LOUDNESS, loudness }));
    return { audio: tensorOfWaveform(turned.channels) };
  },
});
