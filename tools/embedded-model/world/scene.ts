import { AiprodError } from '../../../src/errors';
import { backgrounds, sceneryOf, standsOut, type Background } from './backgrounds';
import { Draws } from './draws';
import { extentOf, motions, sizingMotions, turningMotions, type MotionName } from './motions';
import { colors, colorTones, type Color } from './palette';
import { roundShapes, shapes, type Shape } from './shapes';

export const sizes = ['small', 'medium', 'big'] as const;
export type Size = (typeof sizes)[number];
export const cameras = ['pan-left', 'pan-right', 'zoom-in', 'zoom-out'] as const;
export type Camera = (typeof cameras)[number];
/** Where the object is as seen from its neighbour. */
export const relations = ['left', 'right', 'above', 'below'] as const;
export type Relation = (typeof relations)[number];

/** A second object, which stays where it is. */
export interface Neighbour {
  readonly color: Color;
  readonly shape: Shape;
  readonly relation: Relation;
}

/** All that a caption can say of a clip, and the seed of all that it does not. */
export interface Scene {
  readonly color: Color;
  readonly shape: Shape;
  readonly motion: MotionName;
  readonly size: Size;
  readonly background: Background;
  readonly neighbour?: Neighbour;
  /** The camera follows the object: what moves on the screen is the background. */
  readonly camera?: Camera;
  readonly seed: number;
}

/** Motions beside a neighbour: those that do not cross it. */
const besideMotions: Readonly<Record<Relation, readonly MotionName[]>> = {
  left: ['up', 'down', 'bounce', 'spin', 'wobble', 'grow', 'shrink'],
  right: ['up', 'down', 'bounce', 'spin', 'wobble', 'grow', 'shrink'],
  above: ['left', 'right', 'spin', 'wobble', 'grow', 'shrink'],
  below: ['left', 'right', 'spin', 'wobble', 'grow', 'shrink'],
};
const neighbourShare = 0.2;
const cameraShare = 0.25;

/** FNV-1a of a text, 32 bits (Fowler, Noll, Vo). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** Whether a colour, shape and motion never meet in training: about a tenth of all triples. */
export function heldOut({ color, shape, motion }: Pick<Scene, 'color' | 'shape' | 'motion'>): boolean {
  return hashOf(`${color}|${shape}|${motion}`) % 10 === 0;
}

/** Whether something like it can be seen at all. */
function possible({ color, shape, motion, background, neighbour }: Scene): boolean {
  if (motion === 'spin' && roundShapes.has(shape)) return false;
  if (!standsOut(colorTones[color], background)) return false;
  if (neighbour === undefined) return true;
  return (
    neighbour.color !== color && standsOut(colorTones[neighbour.color], background) && besideMotions[neighbour.relation].includes(motion)
  );
}

export interface SceneChoice {
  /** Only scenes of held-out triples, or only others. */
  readonly heldOut: boolean;
  /** One motion and one shape, where a set is to be balanced. */
  readonly motion?: MotionName;
  readonly shape?: Shape;
}

/** The scene of a seed: a pure function of it and of the choice. */
export function sceneOfSeed(seed: number, choice: SceneChoice): Scene {
  const draws = new Draws(seed, 0);
  for (let tries = 0; tries < 10_000; tries++) {
    const motion = choice.motion ?? draws.pick(motions);
    const shape = choice.shape ?? draws.pick(shapes);
    const background = draws.pick(backgrounds);
    const [color, size] = [draws.pick(colors), draws.pick(sizes)];
    const neighbour =
      draws.uniform() < neighbourShare
        ? { color: draws.pick(colors), shape: draws.pick(shapes), relation: draws.pick(relations) }
        : undefined;
    const camera = draws.uniform() < cameraShare && sceneryOf(background) !== undefined ? draws.pick(cameras) : undefined;
    const scene: Scene = {
      color,
      shape,
      motion,
      size: sizingMotions.has(motion) || neighbour !== undefined ? 'medium' : size,
      background,
      ...(neighbour === undefined ? {} : { neighbour }),
      ...(camera === undefined || neighbour !== undefined ? {} : { camera }),
      seed,
    };
    if (possible(scene) && heldOut(scene) === choice.heldOut) return scene;
  }
  throw new AiprodError('bad-usage', 'no scene is like that', {
    expected: 'a motion and a shape of which some colour is in the set, and no spinning circle or ring',
    found: JSON.stringify(choice),
  });
}

/** Scenes of held-out triples for scoring, every motion and every shape about as often as any other. */
export function heldOutScenes(count: number, seed: number): Scene[] {
  const times = new Map(shapes.map((shape): [Shape, number] => [shape, 0]));
  return Array.from({ length: count }, (_, k) => {
    const motion = motions[k % motions.length];
    const allowed = shapes.filter((shape) => triplesHeldOut(shape, motion) && !(motion === 'spin' && roundShapes.has(shape)));
    const shape = allowed.reduce((best, other) => ((times.get(other) ?? 0) < (times.get(best) ?? 0) ? other : best));
    times.set(shape, (times.get(shape) ?? 0) + 1);
    return sceneOfSeed(seed + k, { heldOut: true, motion, shape });
  });
}

function triplesHeldOut(shape: Shape, motion: MotionName): boolean {
  return colors.some((color) => heldOut({ color, shape, motion }));
}

/** Where an object's path has its centre, in pixels of a clip 64 wide, its radius, and where a turning motion begins. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly phase: number;
}

const radii: Readonly<Record<Size, number>> = { small: 7, medium: 10, big: 13 };
/** Beside a neighbour, and the neighbour. */
const besideRadius = 7.5;
/** From the middle of the clip to the middle of either of two objects. */
const apart = 15;
const direction: Readonly<Record<Relation, readonly [number, number]>> = { left: [-1, 0], right: [1, 0], above: [0, -1], below: [0, 1] };

/** Places of a scene's object and of its neighbour, drawn from the seed. */
export function placementsOf({ motion, size, neighbour, seed }: Scene): { readonly object: Placement; readonly neighbour?: Placement } {
  const draws = new Draws(seed, 1);
  const phase = turningMotions.has(motion) ? draws.between(0, 2 * Math.PI) : 0;
  const extent = extentOf(motion);
  const radius = neighbour === undefined ? radii[size] : besideRadius;
  const around = (middle: number, room: number): number => middle + draws.between(-1, 1) * room;
  if (neighbour === undefined) {
    const room = (reach: number): number => Math.min(9, Math.max(1, 29 - reach - radius * extent.scale));
    return { object: { x: around(32, room(extent.x)), y: around(31, room(extent.y)), radius, phase } };
  }
  const [sideways, upwards] = direction[neighbour.relation];
  const place = (side: number): { x: number; y: number } => ({
    x: around(32 + side * apart * sideways, 1.5),
    y: around(31 + side * apart * upwards, 1.5),
  });
  return { object: { ...place(1), radius, phase }, neighbour: { ...place(-1), radius: besideRadius, phase: 0 } };
}
