/** The sequence by which `tools/bench/export-memory.mjs` measures exports, in Node and in a browser. */
import type { SoundSource } from '../../../src/audio';
import { clipSchema, emptySequence, sequenceSchema, type Sequence } from '../../../src/project';

export const longShape = { width: 320, height: 180, rate: { numerator: 24, denominator: 1 } } as const;
/** Frames of its film. */
export const filmFrames = 240;

/** A sound that never repeats, made as it is read: for a minute and for hours. */
export function longSound(seconds: number): SoundSource {
  const sampleRate = 48_000;
  const value = (at: number, channel: number): number => {
    const time = at / sampleRate;
    return 0.3 * Math.sin(2 * Math.PI * (220 + 40 * channel) * time + 5 * Math.sin(0.37 * time)) * (1 + Math.sin(1.3 * time));
  };
  return {
    ...{ sampleRate, channels: 2, length: seconds * sampleRate },
    read: async (start, end) => ({
      sampleRate,
      channels: [0, 1].map((channel) => Float32Array.from({ length: end - start }, (_, at) => value(start + at, channel))),
    }),
  };
}

/** Media `film`, ten seconds, over and over, with media `sound` from its beginning on. */
export function longSequence(seconds: number): Sequence {
  const sequence = emptySequence(longShape);
  const [video, audio] = sequence.tracks;
  const frames = seconds * longShape.rate.numerator;
  const pictures = Array.from({ length: Math.ceil(frames / filmFrames) }, (_, k) =>
    clipSchema.parse({
      ...{ kind: 'picture', id: `film-${k}`, media: 'film', start: k * filmFrames },
      duration: Math.min(filmFrames, frames - k * filmFrames),
    }),
  );
  const heard = clipSchema.parse({
    kind: 'sound',
    id: 'sound',
    media: 'sound',
    start: 0,
    duration: frames,
    fadeIn: 12,
    fadeOut: 12,
    gain: -1,
  });
  return sequenceSchema.parse({
    ...sequence,
    tracks: [
      { ...video, clips: pictures },
      { ...audio, clips: [heard] },
    ],
  });
}
