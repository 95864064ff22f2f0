/**
 * What part of a plane each frame of a made clip shows, and the rule by which two clips show the same. A view is a list of boxes, one a
 * frame: left, top, width, height.
 *
 * - `same`: one shows, in every frame, what lies in one fixed box of the other's picture (docs/data.md, "Duplicates"): to within half of the cell
 *   of 1/64 in which pictures are compared, the box lies inside, stays where it is, and has two thirds of each side;
 * - `unjudged`: more of what the two show is common to both than is not, in every frame, but in no fixed box: whoever says that they show the
 *   same is not wrong, and whoever does not has missed nothing;
 * - `other`: all else, which makes hard negatives of views over one photograph.
 */

/** Shares of the other's sides by which an edge of the box may be off. */
const TOLERANCE = 1 / 128;
const LEAST_SIDE = 2 / 3 - 2 * TOLERANCE;
/** Share of the area that either shows. */
const MOSTLY_COMMON = 0.5;

/** ffmpeg's zoompan over a photograph, in shares of its sides. */
export function panView({ zoom, speed, fx, fy, dx, dy, frames }) {
  const within = (share) => Math.min(1, Math.max(0, share));
  return Array.from({ length: frames }, (_, on) => {
    const side = 1 / Math.max(1.02, zoom + speed * on);
    return {
      left: (1 - side) * within(fx + (dx * on) / frames),
      top: (1 - side) * within(fy + (dy * on) / frames),
      width: side,
      height: side,
    };
  });
}

/** ffmpeg's mandelbrot: about one centre, from `scale` towards 0.3 (its `end_scale`) in 400 frames (its `end_pts`); 4 to 3. */
export function fractalView({ x, y, scale, frames }) {
  return Array.from({ length: frames }, (_, on) => {
    const height = scale * (0.3 / scale) ** (on / 400);
    const width = (height * 4) / 3;
    return { left: x - width / 2, top: y - height / 2, width, height };
  });
}

/** How two views go together. */
export function kinship(one, other) {
  if (showsPartOf(one, other) || showsPartOf(other, one)) return 'same';
  return one.every((box, on) => commonShare(box, other[on]) >= MOSTLY_COMMON) ? 'unjudged' : 'other';
}

/** Area that both show, as a share of what either does. */
function commonShare(a, b) {
  const along = (start, size) => Math.max(0, Math.min(a[start] + a[size], b[start] + b[size]) - Math.max(a[start], b[start]));
  const common = along('left', 'width') * along('top', 'height');
  return common / (a.width * a.height + b.width * b.height - common);
}

/** Whether `crop` shows what lies in one box of `whole`. */
function showsPartOf(crop, whole) {
  const relative = crop.map((part, on) => {
    const all = whole[on];
    const [left, top] = [(part.left - all.left) / all.width, (part.top - all.top) / all.height];
    return [left, top, left + part.width / all.width, top + part.height / all.height];
  });
  const edges = [0, 1, 2, 3].map((edge) => relative.map((box) => box[edge]));
  const [left, top, right, bottom] = edges.map((places) => places.reduce((sum, place) => sum + place, 0) / places.length);
  const wanders = edges.some((places) => Math.max(...places) - Math.min(...places) > 2 * TOLERANCE);
  const inside = Math.min(left, top) >= -TOLERANCE && Math.max(right, bottom) <= 1 + TOLERANCE;
  return !wanders && inside && Math.min(right - left, bottom - top) >= LEAST_SIDE;
}
