/** Signed distance from a point to a shape of radius 1 around the origin, below 0 inside; y runs down. */
export type Distance = (x: number, y: number) => number;

type Point = readonly [number, number];

/** Exact distance to a closed polygon (even-odd inside). */
function polygon(points: readonly Point[]): Distance {
  const edges = points.map(([ax, ay], k) => {
    const [bx, by] = points[(k + 1) % points.length];
    const [ex, ey] = [bx - ax, by - ay];
    return { ax, ay, ex, ey, by, length: ex * ex + ey * ey };
  });
  return (x, y) => {
    let least = Infinity;
    let inside = false;
    for (const { ax, ay, ex, ey, by, length } of edges) {
      const [px, py] = [x - ax, y - ay];
      const along = Math.min(1, Math.max(0, (px * ex + py * ey) / length));
      const [qx, qy] = [px - ex * along, py - ey * along];
      least = Math.min(least, qx * qx + qy * qy);
      if (ay > y !== by > y && x < ax + ((y - ay) / ey) * ex) inside = !inside;
    }
    return inside ? -Math.sqrt(least) : Math.sqrt(least);
  };
}

/** Corners at equal angles, the first one on top; radii are used in turn. */
function corners(count: number, radii: readonly number[], centre = 0): Point[] {
  return Array.from({ length: count }, (_, k) => {
    const angle = (2 * Math.PI * k) / count;
    const radius = radii[k % radii.length];
    return [radius * Math.sin(angle), centre - radius * Math.cos(angle)];
  });
}

const halfSide = 0.85;
const arm = 0.36;

const heart: Distance = (x, y) => {
  const [u, v] = [Math.abs(x) / 1.9, (1.05 - y) / 1.9];
  if (u + v > 1) return (Math.hypot(u - 0.25, v - 0.75) - Math.SQRT2 / 4) * 1.9;
  const m = Math.max(u + v, 0) / 2;
  return Math.sqrt(Math.min(u * u + (v - 1) ** 2, (u - m) ** 2 + (v - m) ** 2)) * Math.sign(u - v) * 1.9;
};

/** The square's sides are 1.7 long and the rest is drawn so that areas are of one order. */
export const shapeDistances = {
  circle: (x, y) => Math.hypot(x, y) - 1,
  square: polygon([
    [-halfSide, -halfSide],
    [halfSide, -halfSide],
    [halfSide, halfSide],
    [-halfSide, halfSide],
  ]),
  triangle: polygon(corners(3, [1.25], 0.2)),
  star: polygon(corners(10, [1.3, 0.54])),
  heart,
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.8) - 0.27,
  diamond: polygon(corners(4, [1.35, 0.75])),
  cross: polygon([
    [-arm, -1.1],
    [arm, -1.1],
    [arm, -arm],
    [1.1, -arm],
    [1.1, arm],
    [arm, arm],
    [arm, 1.1],
    [-arm, 1.1],
    [-arm, arm],
    [-1.1, arm],
    [-1.1, -arm],
    [-arm, -arm],
  ]),
  crescent: (x, y) => Math.max(Math.hypot(x - 0.15, y) - 1.15, 0.85 - Math.hypot(x - 0.75, y)),
  arrow: polygon([
    [1.3, 0],
    [0.2, -1.05],
    [0.2, -0.4],
    [-1.2, -0.4],
    [-1.2, 0.4],
    [0.2, 0.4],
    [0.2, 1.05],
  ]),
} as const satisfies Record<string, Distance>;

export type Shape = keyof typeof shapeDistances;
export const shapes = [
  'circle',
  'square',
  'triangle',
  'star',
  'heart',
  'ring',
  'diamond',
  'cross',
  'crescent',
  'arrow',
] as const satisfies Shape[];

/** No point of a shape of radius 1 is farther from the origin than this. */
export const shapeReach = 1.4;

/** Shapes that look the same at every angle. */
export const roundShapes: ReadonlySet<Shape> = new Set(['circle', 'ring']);
