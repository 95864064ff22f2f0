import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { Video } from '../../models';
import type { Json, Ref, TensorValue } from '../dag';

/** A tensor of five axes as a video or latents. */
export function videoOf({ shape, data }: TensorValue): Video {
  const [batch, channels, frames, rows, columns] = shape;
  if (shape.length === 5) return { shape: [batch, channels, frames, rows, columns], data };
  throw new AiprodError('internal', 'the value is no video', { expected: '[B, C, F, H, W]', found: `[${shape.join(', ')}]` });
}

const size = z.int().positive();

/** Shape [B, C, F, H, W] in settings. */
export const videoShapeSchema = z.tuple([size, size, size, size, size]);

/** Shape [B, C, T, M] of audio latents in settings. */
export const audioShapeSchema = z.tuple([size, size, size, size]);

/** Any shape in settings. */
export const shapeSchema = z.array(size).min(1);

/** Something by which weights are recognised, in settings: any JSON. */
export const identitySchema = z.json().transform((value): Json => value);

export const elementsOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

/** An output of a node. */
export const ref = (node: string, output: string): Ref => ({ node, output });
