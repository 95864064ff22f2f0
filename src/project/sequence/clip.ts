import { z } from 'zod';
import { rationalSchema } from '../rational';
import { animatedSchema } from './animated';
import { effectSchema } from './effect';

export const idSchema = z.string().min(1).max(100);

/** Where a picture lies in the frame of the sequence. The picture is first fitted into the frame whole and centred. */
export const transformSchema = z.strictObject({
  /** Of the picture's middle from the frame's, in pixels of the sequence; y goes down. */
  x: animatedSchema.default(0),
  y: animatedSchema.default(0),
  /** 1 is the fitted size. */
  scale: animatedSchema.default(1),
  /** Degrees, clockwise. */
  rotation: animatedSchema.default(0),
  /** Shares of the picture cut off at each side, 0 to 1. */
  cropLeft: animatedSchema.default(0),
  cropRight: animatedSchema.default(0),
  cropTop: animatedSchema.default(0),
  cropBottom: animatedSchema.default(0),
  flipHorizontal: z.boolean().default(false),
  flipVertical: z.boolean().default(false),
});
export type Transform = z.output<typeof transformSchema>;

/** How a picture meets what lies below it: the separable modes of W3C Compositing Level 1. */
export const blendModes = [
  'normal',
  'multiply',
  'screen',
  'overlay',
  'darken',
  'lighten',
  'color-dodge',
  'color-burn',
  'hard-light',
  'soft-light',
  'difference',
  'exclusion',
  'add',
] as const;
export const blendModeSchema = z.enum(blendModes);
export type BlendMode = z.output<typeof blendModeSchema>;

/** Words set into the frame. Sizes are shares of the frame's height, so that a sequence can be written at any size. */
export const titleSchema = z.strictObject({
  text: z.string().max(5000),
  font: z.enum(['sans', 'serif', 'mono']).default('sans'),
  /** Of a line of capitals. */
  size: z.number().min(0.005).max(1).default(0.08),
  weight: z.int().min(100).max(900).default(600),
  italic: z.boolean().default(false),
  /** Of each paragraph in its direction: one in Arabic starts at the right. */
  align: z.enum(['start', 'center', 'end']).default('center'),
  /** sRGB, #rrggbb or #rrggbbaa. */
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}([0-9a-f]{2})?$/i)
    .default('#ffffff'),
  /** Behind the words; absent for none. */
  background: z
    .string()
    .regex(/^#[0-9a-f]{6}([0-9a-f]{2})?$/i)
    .optional(),
  lineHeight: z.number().min(0.5).max(4).default(1.2),
  /** Width of the box that lines are broken to, a share of the frame's; absent, lines end only where a break was typed. */
  wrap: z.number().min(0.05).max(1).optional(),
  /** Whose shapes Chinese characters have; absent, Japanese ones where there is kana, Chinese ones elsewhere. */
  han: z.enum(['ja', 'zh']).optional(),
});
export type Title = z.output<typeof titleSchema>;

const placed = {
  id: idSchema,
  /** Shown in the timeline; the media's or the words of a title by default. */
  name: z.string().max(500).optional(),
  /** First frame in the sequence. */
  start: z.int().min(0),
  /** Frames in the sequence. */
  duration: z.int().min(1),
  enabled: z.boolean().default(true),
  /** Frames over which it comes and goes, in picture and sound. */
  fadeIn: z.int().min(0).default(0),
  fadeOut: z.int().min(0).default(0),
  /** Clips of one group move, split and are removed together: a picture and its sound. */
  link: idSchema.optional(),
};

const ofMedia = {
  media: idSchema,
  /** Seconds of the media's own time at the clip's first frame. Still pictures have none. */
  sourceStart: rationalSchema.default({ numerator: 0, denominator: 1 }),
  /** Seconds of the media in a second of the sequence; negative plays backwards from `sourceStart`. Never 0. */
  speed: rationalSchema
    .default({ numerator: 1, denominator: 1 })
    .refine(
      ({ numerator, denominator }) => numerator !== 0 && Math.abs(numerator / denominator) <= 100,
      'a speed from 0.01 to 100, or back',
    ),
};

const seen = {
  transform: transformSchema.prefault({}),
  /** 0 to 1. */
  opacity: animatedSchema.default(1),
  blend: blendModeSchema.default('normal'),
  effects: z.array(effectSchema).max(100).default([]),
};

const heard = {
  /** Decibels. */
  gain: animatedSchema.default(0),
  /** -1 (left) to 1 (right). */
  pan: animatedSchema.default(0),
};

export const pictureClipSchema = z.strictObject({ kind: z.literal('picture'), ...placed, ...ofMedia, ...seen });
export const titleClipSchema = z.strictObject({ kind: z.literal('title'), ...placed, title: titleSchema, ...seen });
export const soundClipSchema = z.strictObject({ kind: z.literal('sound'), ...placed, ...ofMedia, ...heard });

export const clipSchema = z.discriminatedUnion('kind', [pictureClipSchema, titleClipSchema, soundClipSchema]);
export type Clip = z.output<typeof clipSchema>;
export type PictureClip = z.output<typeof pictureClipSchema>;
export type TitleClip = z.output<typeof titleClipSchema>;
export type SoundClip = z.output<typeof soundClipSchema>;

/** The frame after its last. */
export const endOf = ({ start, duration }: Pick<Clip, 'start' | 'duration'>): number => start + duration;
