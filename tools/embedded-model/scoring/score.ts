import type { Background } from '../world/backgrounds';
import type { MotionName } from '../world/motions';
import type { Color } from '../world/palette';
import type { Clip } from '../world/render';
import type { Relation, Scene } from '../world/scene';
import type { Shape } from '../world/shapes';
import { findObjects, type FoundObject } from './find-objects';
import { readBackground } from './read-background';
import { readMotion, sightingsOf, type Sighting } from './read-motion';
import { readShape } from './read-shape';

/** What plain image analysis finds in a clip; undefined where it finds nothing. */
export interface Reading {
  readonly background: Background;
  readonly color?: Color;
  readonly motion?: MotionName;
  readonly shape?: Shape;
  /** Of the first object against the second, where a clip should have two. */
  readonly relation?: Relation;
}

/** Which parts of a caption a clip keeps. */
export interface Verdict {
  readonly color: boolean;
  readonly motion: boolean;
  readonly shape: boolean;
  readonly background: boolean;
  /** Where the scene has a second object: its colour and its side. */
  readonly relation?: boolean;
}

/**
 * Reads a clip. One object is the largest that is found. Where the caption tells of two, either may be the larger one: the first is
 * then the one of the first's colour, if there is any.
 */
export function readClip(clip: Clip, scene: Pick<Scene, 'color' | 'neighbour'>): Reading {
  const background = readBackground(clip);
  const objects = findObjects(clip, background);
  const { neighbour } = scene;
  const first = (neighbour === undefined ? undefined : objects.find(({ color }) => color === scene.color)) ?? objects.at(0);
  if (first === undefined) return { background };
  const sightings = sightingsOf(first.mask, clip.frames, clip.size);
  const motion = readMotion(sightings, first.mask, clip.size);
  const shape = readShape(first.mask, sightings, clip.size, motion === 'spin');
  const second = neighbour === undefined ? undefined : objects.find((object) => object !== first && object.color === neighbour.color);
  const relation = second === undefined ? undefined : relationOf(sightings, second, clip);
  return { background, color: first.color, motion, shape, relation };
}

function relationOf(first: readonly Sighting[], second: FoundObject, { frames, size }: Clip): Relation | undefined {
  const others = sightingsOf(second.mask, frames, size);
  const both = first.flatMap((sighting, frame) => (sighting.pixels > 0 && others[frame].pixels > 0 ? [frame] : []));
  if (both.length < frames / 2) return undefined;
  const way = (axis: 'x' | 'y'): number => both.reduce((total, frame) => total + first[frame][axis] - others[frame][axis], 0);
  const [x, y] = [way('x'), way('y')];
  if (Math.abs(x) > Math.abs(y)) return x < 0 ? 'left' : 'right';
  return y < 0 ? 'above' : 'below';
}

export function judge(clip: Clip, scene: Scene): Verdict {
  const found = readClip(clip, scene);
  return {
    color: found.color === scene.color,
    motion: found.motion === scene.motion,
    shape: found.shape === scene.shape,
    background: found.background === scene.background,
    ...(scene.neighbour === undefined ? {} : { relation: found.relation === scene.neighbour.relation }),
  };
}

export const scoredParts = ['color', 'motion', 'shape', 'background', 'relation'] as const;
export type ScoredPart = (typeof scoredParts)[number];

/** Share of the clips that keep each part of their captions, 0 to 1; undefined where no caption has that part. `all` has every part. */
export type Score = Partial<Readonly<Record<ScoredPart | 'all', number>>>;

export function scoreOf(verdicts: readonly Verdict[]): Score {
  const score: Partial<Record<ScoredPart | 'all', number>> = {};
  for (const part of scoredParts) {
    const values = verdicts.flatMap((verdict) => verdict[part] ?? []);
    if (values.length > 0) score[part] = values.filter(Boolean).length / values.length;
  }
  const whole = verdicts.filter((verdict) => scoredParts.every((part) => verdict[part] ?? true));
  if (verdicts.length > 0) score.all = whole.length / verdicts.length;
  return score;
}
