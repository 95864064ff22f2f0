import { z } from 'zod';
import { stereoAtMost, waveformPart } from '../../audio';
import { AiprodError } from '../../errors';
import { nodeKind, type NodeKind } from '../dag';
import type { MediaLibrary } from './load-media';
import { tensorOfWaveform } from './sound-value';

const settings = z.strictObject({
  file: z.string(),
  /** See MediaFacts: the same name may hold another sound tomorrow. */
  fingerprint: z.string(),
  /** Seconds of the file before what is taken; below 0, seconds of silence before the file begins. */
  start: z.number(),
  /** Seconds that are taken; past the end of the file there is silence. */
  seconds: z.number().positive(),
  /** Samples a second, as the file has them. */
  sampleRate: z.int().positive(),
});
export type SoundRange = z.output<typeof settings>;

/**
 * A stretch of the sound of a file, of its own rate: `audio` [channels, samples], -1 to 1. More than two channels, which neither a model nor a
 * clip takes, are mixed to one.
 */
export function loadSoundKind(media: MediaLibrary | undefined): NodeKind {
  return nodeKind({
    name: 'load-sound',
    version: 2,
    outputs: ['audio'],
    keep: 'never',
    settings,
    async run(_, { settings: { file, start, seconds, sampleRate } }) {
      if (media?.sound === undefined) throw new AiprodError('internal', 'there is no place to load sound from');
      const sound = await media.sound(file);
      if (sound?.sampleRate !== sampleRate) throw new AiprodError('bad-input', 'the sound of the file changed meanwhile', { where: file });
      const [from, length] = [Math.round(start * sampleRate), Math.round(seconds * sampleRate)];
      return { audio: tensorOfWaveform(waveformPart(stereoAtMost(sound), from, from + length).channels) };
    },
  });
}
