import { coverShape } from '../world/render';
import { shapes, type Shape } from '../world/shapes';
import type { Sighting } from './read-motion';

/** Frames that are looked at: the ones in which the object is largest. */
const looks = 6;
/** Angles that a turning object is compared at. */
const angles = 24;
/** Mean overlap below which a mask is no shape's. */
const leastOverlap = 0.5;
const gauge = 40;

/** Pixels and their centre of a shape of radius 1, by pixels of a large drawing. */
const measures = new Map(
  shapes.map((shape) => {
    let [pixels, x, y] = [0, 0, 0];
    coverShape({ shape, x: 64, y: 64, radius: gauge, angle: 0 }, 128, (pixel, cover) => {
      pixels += cover;
      x += cover * ((pixel % 128) + 0.5 - 64);
      y += cover * (Math.floor(pixel / 128) + 0.5 - 64);
    });
    return [shape, { pixels: pixels / gauge ** 2, x: x / pixels / gauge, y: y / pixels / gauge }] as const;
  }),
);

/** Intersection over union of a frame's mask and a shape of the same area and centre. */
function overlap(mask: Uint8Array, { pixels, x, y }: Sighting, shape: Shape, angle: number, size: number): number {
  const measure = measures.get(shape);
  if (measure === undefined) return 0;
  const radius = Math.sqrt(pixels / measure.pixels);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const placed = {
    shape,
    x: x - radius * (cos * measure.x - sin * measure.y),
    y: y - radius * (sin * measure.x + cos * measure.y),
    radius,
    angle,
  };
  let [both, drawn] = [0, 0];
  coverShape(placed, size, (pixel, cover) => {
    if (cover < 0.5) return;
    drawn++;
    both += mask[pixel];
  });
  return both / (drawn + pixels - both);
}

/**
 * The shape that overlaps best with an object's mask, drawn with its area around its centre; undefined where none does well.
 * @param turning whether every angle is tried; otherwise shapes stand upright
 */
export function readShape(mask: Uint8Array, sightings: readonly Sighting[], size: number, turning: boolean): Shape | undefined {
  const area = size * size;
  const frames = sightings
    .map((_, frame) => frame)
    .filter((frame) => sightings[frame].pixels > 0)
    .sort((a, b) => sightings[b].pixels - sightings[a].pixels)
    .slice(0, looks);
  if (frames.length === 0) return undefined;
  const tries = Array.from({ length: turning ? angles : 1 }, (_, k) => (2 * Math.PI * k) / angles);
  const scores = shapes.map((shape) =>
    frames.reduce((total, frame) => {
      const seen = mask.subarray(frame * area, (frame + 1) * area);
      return total + Math.max(...tries.map((angle) => overlap(seen, sightings[frame], shape, angle, size))) / frames.length;
    }, 0),
  );
  const best = Math.max(...scores);
  return best < leastOverlap ? undefined : shapes[scores.indexOf(best)];
}
