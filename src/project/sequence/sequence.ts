import { z } from 'zod';
import { isFrameRate, type FrameRate } from '../../media';
import { clipSchema, endOf, idSchema, type Clip } from './clip';

export const frameRateSchema = z
  .strictObject({ numerator: z.int().positive(), denominator: z.int().positive() })
  .refine((rate): rate is FrameRate => isFrameRate(rate), 'a frame rate up to 1000 frames a second');

const noOverlap = (clips: readonly Clip[]): boolean => clips.every((clip, at) => at === 0 || clip.start >= endOf(clips[at - 1]));

const trackOf = <Kind extends 'video' | 'audio'>(kind: Kind, kinds: readonly Clip['kind'][]) =>
  z.strictObject({
    id: idSchema,
    kind: z.literal(kind),
    name: z.string().max(200),
    /** Not heard, or not seen. */
    muted: z.boolean().default(false),
    locked: z.boolean().default(false),
    /** In order of their start; none overlaps another. */
    clips: z
      .array(clipSchema)
      .max(10_000)
      .default([])
      .refine((clips) => clips.every((clip) => kinds.includes(clip.kind)), `clips of a track of ${kind}`)
      .refine(noOverlap, 'clips of a track must be in order and not overlap'),
  });

export const videoTrackSchema = trackOf('video', ['picture', 'title']);
export const audioTrackSchema = trackOf('audio', ['sound']);
export const trackSchema = z.discriminatedUnion('kind', [videoTrackSchema, audioTrackSchema]);
export type Track = z.output<typeof trackSchema>;

/** Hues that tell markers apart; each theme has its own shade of them. */
export const markerColors = ['green', 'blue', 'purple', 'red', 'yellow'] as const;
export type MarkerColor = (typeof markerColors)[number];

export const markerSchema = z.strictObject({
  id: idSchema,
  frame: z.int().min(0),
  name: z.string().max(500).default(''),
  color: z.enum(markerColors).default('green'),
});
export type Marker = z.output<typeof markerSchema>;

/** What is edited: tracks of clips on whole frames of one rate. Everything in it is undone and redone. */
export const sequenceSchema = z.strictObject({
  width: z.int().min(8).max(16_384),
  height: z.int().min(8).max(16_384),
  rate: frameRateSchema,
  /** sRGB, where nothing else is. */
  background: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i)
    .default('#000000'),
  /** From the lowest to the topmost: a later picture lies over an earlier one. */
  tracks: z.array(trackSchema).max(100),
  markers: z.array(markerSchema).max(10_000).default([]),
});
export type Sequence = z.output<typeof sequenceSchema>;

/** Frames of the whole: the end of its last clip. */
export function sequenceFrames({ tracks }: Pick<Sequence, 'tracks'>): number {
  return tracks.reduce((most, { clips }) => Math.max(most, ...clips.slice(-1).map(endOf)), 0);
}

/** A sequence without clips: one track of pictures, one of sound. */
export function emptySequence({ width, height, rate }: Pick<Sequence, 'width' | 'height' | 'rate'>): Sequence {
  return {
    ...{ width, height, rate, background: '#000000', markers: [] },
    tracks: [
      { id: 'V1', kind: 'video', name: 'V1', muted: false, locked: false, clips: [] },
      { id: 'A1', kind: 'audio', name: 'A1', muted: false, locked: false, clips: [] },
    ],
  };
}
