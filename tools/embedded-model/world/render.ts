import { paintBackground, sceneryOf, type View } from './backgrounds';
import { offsetAt } from './motions';
import { colorTones, type Rgb } from './palette';
import { placementsOf, type Camera, type Placement, type Scene } from './scene';
import { shapeDistances, shapeReach, type Shape } from './shapes';

/** Frames and pixels a side. Scenes are laid out on 64 x 64 and scaled. */
export interface ClipSize {
  readonly frames: number;
  readonly size: number;
}

/** What the embedded model makes, at 8 frames a second. */
export const worldSize: ClipSize = { frames: 17, size: 64 };

/** A clip: RGB [F, H, W, 3] of 8 bits, and how much of each pixel the objects cover, [F, H, W], 0 to 255. */
export interface Clip extends ClipSize {
  readonly pixels: Uint8Array;
  readonly cover: Uint8Array;
}

/** Pixels that a camera pans over a clip, and the factor that it zooms by. */
const panned = 24;
const zoomed = 1.6;

function viewOf(camera: Camera | undefined, u: number): View {
  const view = { x: 32, y: 32, zoom: 1 };
  switch (camera) {
    case 'pan-left':
      return { ...view, x: 32 - panned * u };
    case 'pan-right':
      return { ...view, x: 32 + panned * u };
    case 'zoom-in':
      return { ...view, zoom: 1 + (zoomed - 1) * u };
    case 'zoom-out':
      return { ...view, zoom: zoomed - (zoomed - 1) * u };
    case undefined:
      return view;
  }
}

/** A shape at a place, in pixels of the picture. */
export interface Placed {
  readonly shape: Shape;
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  /** Radians, clockwise. */
  readonly angle: number;
}

/** Calls `visit(pixel, coverage 0 to 1)` for every pixel of a square picture that the shape covers in part: distance by signed fields. */
export function coverShape({ shape, x, y, radius, angle }: Placed, size: number, visit: (pixel: number, cover: number) => void): void {
  const distance = shapeDistances[shape];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const reach = radius * shapeReach + 1;
  const bound = (value: number): number => Math.min(size, Math.max(0, value));
  for (let row = bound(Math.floor(y - reach)); row < bound(Math.ceil(y + reach)); row++) {
    for (let column = bound(Math.floor(x - reach)); column < bound(Math.ceil(x + reach)); column++) {
      const [dx, dy] = [(column + 0.5 - x) / radius, (row + 0.5 - y) / radius];
      const cover = 0.5 - distance(cos * dx + sin * dy, cos * dy - sin * dx) * radius;
      if (cover > 0) visit(row * size + column, Math.min(1, cover));
    }
  }
}

/** Draws a scene. */
export function renderScene(scene: Scene, { frames, size }: ClipSize = worldSize): Clip {
  const area = size * size;
  const pixels = new Uint8Array(frames * area * 3);
  const cover = new Uint8Array(frames * area);
  const places = placementsOf(scene);
  const background = new Float32Array(area * 3);
  const picture = new Float32Array(area * 3);
  const covered = new Float32Array(area);
  const moves = scene.camera !== undefined || sceneryOf(scene.background)?.place === 'sea';
  const draw = (shape: Shape, tone: Rgb, placement: Placement, u: number, motion: Scene['motion'] | undefined): void => {
    const offset = motion === undefined ? { dx: 0, dy: 0, scale: 1, angle: 0 } : offsetAt(motion, u, placement.phase);
    const unit = size / 64;
    const placed = {
      shape,
      x: (placement.x + offset.dx) * unit,
      y: (placement.y + offset.dy) * unit,
      radius: placement.radius * offset.scale * unit,
      angle: offset.angle,
    };
    coverShape(placed, size, (pixel, share) => {
      for (let channel = 0; channel < 3; channel++) picture[3 * pixel + channel] += (tone[channel] - picture[3 * pixel + channel]) * share;
      covered[pixel] = Math.max(covered[pixel], share);
    });
  };
  for (let frame = 0; frame < frames; frame++) {
    const u = frames === 1 ? 0 : frame / (frames - 1);
    if (frame === 0 || moves) paintBackground(scene.background, u, size, viewOf(scene.camera, u), background);
    picture.set(background);
    covered.fill(0);
    if (scene.neighbour !== undefined && places.neighbour !== undefined) {
      draw(scene.neighbour.shape, colorTones[scene.neighbour.color], places.neighbour, u, undefined);
    }
    draw(scene.shape, colorTones[scene.color], places.object, u, scene.motion);
    for (let k = 0; k < area * 3; k++) pixels[frame * area * 3 + k] = Math.round(picture[k]);
    for (let k = 0; k < area; k++) cover[frame * area + k] = Math.round(covered[k] * 255);
  }
  return { frames, size, pixels, cover };
}
