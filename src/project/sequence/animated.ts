import { z } from 'zod';

/** How a value goes from a keyframe to the next. A cubic Bezier is that of CSS Easing Level 2: (x1, y1, x2, y2), x in 0 to 1. */
export const easingSchema = z.union([
  z.enum(['linear', 'hold', 'ease-in', 'ease-out', 'ease-in-out']),
  z.tuple([z.number().min(0).max(1), z.number(), z.number().min(0).max(1), z.number()]),
]);
export type Easing = z.output<typeof easingSchema>;

export const keyframeSchema = z.strictObject({
  /** Of the sequence, counted from the clip's first frame; may lie outside the clip, so that a trim loses none. */
  frame: z.int(),
  value: z.number(),
  /** From this keyframe to the next. */
  easing: easingSchema.default('linear'),
});
export type Keyframe = z.output<typeof keyframeSchema>;

/** A number that may change over a clip: itself, or its keyframes in order of their frames, each frame once. */
export const animatedSchema = z.union([
  z.number(),
  z.strictObject({
    keyframes: z
      .array(keyframeSchema)
      .min(1)
      .max(10_000)
      .refine((all) => all.every(({ frame }, at) => at === 0 || frame > all[at - 1].frame), 'keyframes must be in order of their frames'),
  }),
]);
export type Animated = z.output<typeof animatedSchema>;
