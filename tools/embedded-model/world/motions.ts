/** Where an object is at a moment against its centre: pixels of a clip 64 wide, its radius as a factor, radians clockwise. */
export interface Offset {
  readonly dx: number;
  readonly dy: number;
  readonly scale: number;
  readonly angle: number;
}

/**
 * A motion: offset at `u`, from 0 at the first frame to 1 at the last. `phase`, radians, is where a turning motion begins; the others
 * do not read it.
 */
export type Motion = (u: number, phase: number) => Partial<Offset>;

/** 0, 1, 0, -1, 0: one period of a triangle wave. */
function triangleWave(turns: number): number {
  const t = (turns + 0.75) % 1;
  return 4 * Math.abs(t - 0.5) - 1;
}

const line = (dx: number, dy: number) => (u: number) => ({ dx: dx * (2 * u - 1), dy: dy * (2 * u - 1) });
const ring = (radius: number, angle: number) => ({ dx: radius * Math.cos(angle), dy: radius * Math.sin(angle) });
const smallest = 0.5;
const largest = 1.7;

const paths = {
  left: line(-15, 0),
  right: line(15, 0),
  up: line(0, -14),
  down: line(0, 14),
  climb: line(14, -13),
  dive: line(14, 13),
  bounce: (u) => ({ dy: 12 - 24 * Math.abs(Math.sin(2 * Math.PI * u)) }),
  zigzag: (u) => ({ dx: 32 * u - 16, dy: -11 * triangleWave(2 * u) }),
  orbit: (u, phase) => ring(15, 2 * Math.PI * u + phase),
  spiral: (u, phase) => ring(2 + 15 * u, 3.5 * Math.PI * u + phase),
  wobble: (u) => ({ dx: 7 * Math.sin(4 * Math.PI * u) }),
  spin: (u) => ({ angle: Math.PI * u }),
  grow: (u) => ({ scale: smallest + (largest - smallest) * u }),
  shrink: (u) => ({ scale: largest - (largest - smallest) * u }),
} as const satisfies Record<string, Motion>;

export type MotionName = keyof typeof paths;
export const motions = [
  'left',
  'right',
  'up',
  'down',
  'climb',
  'dive',
  'bounce',
  'zigzag',
  'orbit',
  'spiral',
  'wobble',
  'spin',
  'grow',
  'shrink',
] as const satisfies MotionName[];

/** Motions whose path begins anywhere on a circle. */
export const turningMotions: ReadonlySet<MotionName> = new Set(['orbit', 'spiral']);
/** Motions that change the size, so that no caption names one. */
export const sizingMotions: ReadonlySet<MotionName> = new Set(['grow', 'shrink']);

const still: Offset = { dx: 0, dy: 0, scale: 1, angle: 0 };

export function offsetAt(motion: MotionName, u: number, phase = 0): Offset {
  return { ...still, ...paths[motion](u, phase) };
}

/** How far a motion goes from its centre, sideways and up or down, in pixels of a clip 64 wide, and the largest factor of the radius. */
export function extentOf(motion: MotionName): { readonly x: number; readonly y: number; readonly scale: number } {
  const steps = Array.from({ length: 65 }, (_, k) => offsetAt(motion, k / 64));
  // A turning motion may begin anywhere.
  const round = turningMotions.has(motion) ? Math.max(...steps.map(({ dx, dy }) => Math.hypot(dx, dy))) : 0;
  return {
    x: Math.max(round, ...steps.map(({ dx }) => Math.abs(dx))),
    y: Math.max(round, ...steps.map(({ dy }) => Math.abs(dy))),
    scale: Math.max(...steps.map(({ scale }) => scale)),
  };
}
