/** Outlines to coverage: the part of each pixel that lies inside, by the non-zero rule. Plain arithmetic, alike on every machine. */

/** Straight sides of closed outlines, pixels, y down: x0, y0, x1, y1 of each, one after the other. */
export type Sides = number[];

/** Rows that a pixel is looked at in; across it is exact. */
const rowsOfPixel = 16;

/** Farthest that a straight side may lie from the curve it stands for, pixels. */
const tolerance = 0.05;

export function addLine(sides: Sides, x0: number, y0: number, x1: number, y1: number): void {
  if (y0 !== y1) sides.push(x0, y0, x1, y1);
}

export function addQuadratic(sides: Sides, x0: number, y0: number, cx: number, cy: number, x1: number, y1: number): void {
  // The second difference bounds how far the chord of a parabola lies from it: d / (4 n^2) of n equal parts.
  const bend = Math.sqrt((x0 - 2 * cx + x1) ** 2 + (y0 - 2 * cy + y1) ** 2);
  const parts = Math.max(1, Math.ceil(Math.sqrt(bend / (4 * tolerance))));
  let [fromX, fromY] = [x0, y0];
  for (let part = 1; part <= parts; part++) {
    const t = part / parts;
    const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
    const [x, y] = part === parts ? [x1, y1] : [a * x0 + b * cx + c * x1, a * y0 + b * cy + c * y1];
    addLine(sides, fromX, fromY, x, y);
    [fromX, fromY] = [x, y];
  }
}

/** A side that goes down, and which way it was drawn. */
interface Edge {
  readonly top: number;
  readonly bottom: number;
  /** x at y = 0, and what a row further down adds. */
  readonly origin: number;
  readonly slope: number;
  readonly winding: 1 | -1;
}

function edgesOf(sides: Readonly<Sides>): Edge[] {
  const edges: Edge[] = [];
  for (let at = 0; at < sides.length; at += 4) {
    const [x0, y0, x1, y1] = sides.slice(at, at + 4);
    const slope = (x1 - x0) / (y1 - y0);
    edges.push({ top: Math.min(y0, y1), bottom: Math.max(y0, y1), origin: x0 - slope * y0, slope, winding: y1 > y0 ? 1 : -1 });
  }
  return edges.sort((one, other) => one.top - other.top);
}

/**
 * Calls `paint` for each row of pixels that anything lies in, with the coverage of each pixel of it, 0 to 1; the array is used again.
 * @param width, height pixels; what lies outside is cut off
 */
export function fillOutlines(
  sides: Readonly<Sides>,
  { width, height }: { readonly width: number; readonly height: number },
  paint: (y: number, coverage: Float64Array) => void,
): void {
  const edges = edgesOf(sides);
  const coverage = new Float64Array(width);
  /** What the coverage changes by at each pixel: spans that cover pixels whole are written at their ends alone. */
  const steps = new Float64Array(width + 1);
  const crossings: { x: number; winding: number }[] = [];
  let waiting = 0;
  let active: Edge[] = [];
  for (let y = 0; y < height; y++) {
    while (waiting < edges.length && edges[waiting].top < y + 1) active.push(edges[waiting++]);
    active = active.filter(({ bottom }) => bottom > y);
    if (active.length === 0) continue;
    coverage.fill(0);
    steps.fill(0);
    // Edges stay nearly in order from row to row, which is what the sorting below is quick with.
    const middle = y + 0.5;
    active.sort((one, other) => one.origin + one.slope * middle - (other.origin + other.slope * middle));
    for (let row = 0; row < rowsOfPixel; row++) {
      const at = y + (row + 0.5) / rowsOfPixel;
      crossings.length = 0;
      for (const { top, bottom, origin, slope, winding } of active) {
        if (top > at || bottom <= at) continue;
        const x = Math.min(width, Math.max(0, origin + slope * at));
        let place = crossings.length;
        for (; place > 0 && crossings[place - 1].x > x; place--) crossings[place] = crossings[place - 1];
        crossings[place] = { x, winding };
      }
      let turns = 0;
      let from = 0;
      for (const { x, winding } of crossings) {
        if (turns === 0) from = x;
        turns += winding;
        if (turns === 0) addSpan(coverage, steps, from, x, 1 / rowsOfPixel);
      }
    }
    let whole = 0;
    for (let x = 0; x < width; x++) {
      whole += steps[x];
      coverage[x] = Math.min(1, Math.max(0, coverage[x] + whole));
    }
    paint(y, coverage);
  }
}

/** Covers from x `from` to `to` of a row by `share`. */
function addSpan(coverage: Float64Array, steps: Float64Array, from: number, to: number, share: number): void {
  const [first, last] = [Math.floor(from), Math.floor(to)];
  if (first === last) {
    if (first < coverage.length) coverage[first] += (to - from) * share;
    return;
  }
  coverage[first] += (first + 1 - from) * share;
  if (last < coverage.length) coverage[last] += (to - last) * share;
  steps[first + 1] += share;
  steps[last] -= share;
}
