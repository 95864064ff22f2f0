import { labOf, squaredDistance, type Rgb } from './palette';

export const plainTones = { black: [8, 8, 10], gray: [120, 122, 126], white: [238, 238, 240] } as const satisfies Record<string, Rgb>;
export const places = ['sky', 'field', 'sea', 'desert'] as const;
export const hours = ['day', 'sunset', 'night'] as const;
export type Plain = keyof typeof plainTones;
export type Place = (typeof places)[number];
export type Hour = (typeof hours)[number];
export type Background = Plain | `${Place}-${Hour}`;

export const plains = ['black', 'gray', 'white'] as const satisfies Plain[];
export const backgrounds: readonly Background[] = [
  ...plains,
  ...places.flatMap((place) => hours.map((hour) => `${place}-${hour}` as const)),
];

export interface Scenery {
  readonly place: Place;
  readonly hour: Hour;
}

/** A background's parts; undefined where it is of one tone. */
export function sceneryOf(background: Background): Scenery | undefined {
  const place = places.find((name) => background.startsWith(`${name}-`));
  const hour = hours.find((name) => background.endsWith(`-${name}`));
  return place === undefined || hour === undefined ? undefined : { place, hour };
}

/** Tones of the top and the bottom of the sky, and of its clouds or stars. */
const skies: Readonly<Record<Hour, { readonly high: Rgb; readonly low: Rgb; readonly light: Rgb }>> = {
  day: { high: [90, 160, 235], low: [190, 220, 245], light: [224, 236, 248] },
  sunset: { high: [70, 55, 110], low: [225, 140, 110], light: [185, 120, 135] },
  night: { high: [10, 12, 35], low: [32, 36, 72], light: [225, 225, 215] },
};
const grounds: Readonly<Record<Exclude<Place, 'sky'>, Readonly<Record<Hour, Rgb>>>> = {
  field: { day: [100, 150, 70], sunset: [95, 95, 55], night: [20, 45, 35] },
  sea: { day: [40, 105, 150], sunset: [105, 75, 115], night: [15, 25, 60] },
  desert: { day: [222, 192, 135], sunset: [190, 120, 80], night: [72, 62, 58] },
};

/** Pixels after which clouds, stars and hills come again, so that a camera may pan. */
const period = 96;
const clouds = [
  [14, 12, 9, 3.2],
  [20, 10, 6, 3.4],
  [50, 20, 10, 3],
  [57, 18, 6, 3],
  [82, 9, 9, 3],
] as const;
const stars = Array.from({ length: 22 }, (_, k) => [(k * 59 + 5) % period, 3 + ((k * 17 + 5 * k * k) % 38)] as const);

/** The ground's upper edge at column x. `time` runs from 0 to 1 over a clip and moves the sea. */
function edgeOf(place: Exclude<Place, 'sky'>, x: number, time: number): number {
  switch (place) {
    case 'field':
      return 46 + 2.2 * Math.sin((2 * Math.PI * x) / 48);
    case 'sea':
      return 46 + 1.5 * Math.sin(2 * Math.PI * (x / 24 - time));
    case 'desert':
      return 47 - 5 * Math.abs(Math.sin((Math.PI * x) / 32));
  }
}

function wrapped(distance: number): number {
  return distance - period * Math.round(distance / period);
}

/** How much of a point is cloud or star, 0 to 1. */
function lightAt(hour: Hour, x: number, y: number): number {
  let most = 0;
  if (hour === 'night') {
    if (y > 43) return 0;
    for (const [sx, sy] of stars) {
      if (Math.abs(y - sy) < 1.4) most = Math.max(most, 0.8 * Math.min(1, 1.3 - Math.hypot(wrapped(x - sx), y - sy)));
    }
    return most;
  }
  for (const [cx, cy, wide, high] of clouds) {
    if (Math.abs(y - cy) > high + 1) continue;
    const inside = 1 - Math.hypot(wrapped(x - cx) / wide, (y - cy) / high);
    most = Math.max(most, Math.min(1, 2 * inside));
  }
  return 0.85 * most;
}

const lightMaps = new Map<Hour, Float32Array>();

/** {@link lightAt} at the centres of one period's pixels, drawn once: rows of `period`. */
function lightMapOf(hour: Hour): Float32Array {
  let map = lightMaps.get(hour);
  if (map === undefined) {
    map = Float32Array.from({ length: period * 64 }, (_, k) => lightAt(hour, (k % period) + 0.5, Math.floor(k / period) + 0.5));
    lightMaps.set(hour, map);
  }
  return map;
}

/** Where a camera looks: the point of the scene, which is 64 high, in the middle of the picture, and the factor it is enlarged by. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/**
 * Draws a background.
 * @param time 0 to 1 over a clip
 * @param size pixels a side
 * @param out RGB, 0 to 255, row by row: filled
 */
export function paintBackground(background: Background, time: number, size: number, view: View, out: Float32Array): void {
  const scenery = sceneryOf(background);
  const plain = plains.find((name) => name === background);
  if (scenery !== undefined) return paintScenery(scenery, time, size, view, out);
  if (plain !== undefined) for (let k = 0; k < out.length; k++) out[k] = plainTones[plain][k % 3];
}

function paintScenery({ place, hour }: Scenery, time: number, size: number, view: View, out: Float32Array): void {
  const step = 64 / size / view.zoom;
  const [left, top] = [view.x - (step * size) / 2, view.y - (step * size) / 2];
  const { high, low, light } = skies[hour];
  const map = lightMapOf(hour);
  const edges = new Float64Array(size);
  const tone = place === 'sky' ? high : grounds[place][hour];
  for (let k = 0; k < size; k++) edges[k] = place === 'sky' ? Infinity : edgeOf(place, left + (k + 0.5) * step, time);
  for (let row = 0; row < size; row++) {
    const y = top + (row + 0.5) * step;
    const down = Math.min(1, Math.max(0, y / 64));
    const shade = 1.08 - 0.25 * Math.min(1, Math.max(0, (y - 46) / 18));
    const above = Math.min(62, Math.max(0, Math.floor(y - 0.5)));
    const downwards = Math.min(1, Math.max(0, y - 0.5 - above));
    for (let column = 0; column < size; column++) {
      const cover = Math.min(1, Math.max(0, (y - edges[column]) / step + 0.5));
      const x = left + (column + 0.5) * step - 0.5;
      const before = Math.floor(x);
      const across = x - before;
      const here = above * period + (((before % period) + period) % period);
      const next = above * period + ((((before + 1) % period) + period) % period);
      const upper = map[here] + (map[next] - map[here]) * across;
      const lower = map[here + period] + (map[next + period] - map[here + period]) * across;
      const lit = upper + (lower - upper) * downwards;
      for (let channel = 0; channel < 3; channel++) {
        const sky = high[channel] + (low[channel] - high[channel]) * down;
        const seen = sky + (light[channel] - sky) * lit;
        out[(row * size + column) * 3 + channel] = cover === 0 ? seen : seen + (Math.min(255, tone[channel] * shade) - seen) * cover;
      }
    }
  }
}

const seenTones = new Map<Background, readonly Rgb[]>();

/** The tones of a background in L*a*b*, a few dozen at most. */
export function tonesOf(background: Background): readonly Rgb[] {
  const known = seenTones.get(background);
  if (known !== undefined) return known;
  const image = new Float32Array(64 * 64 * 3);
  paintBackground(background, 0, 64, { x: 32, y: 32, zoom: 1 }, image);
  const coarse = new Map<string, Rgb>();
  for (let k = 0; k < image.length; k += 3) {
    const tone = [0, 1, 2].map((channel) => Math.round(image[k + channel] / 12) * 12);
    coarse.set(tone.join(), labOf(tone[0], tone[1], tone[2]));
  }
  const tones = [...coarse.values()];
  seenTones.set(background, tones);
  return tones;
}

/** Least distance in L*a*b* at which an object stands out: a third of what lies between red and orange is too little. */
const visibleDistance = 26;

/** Whether an object of that tone can be told from every part of a background. */
export function standsOut(tone: Rgb, background: Background): boolean {
  const lab = labOf(...tone);
  return tonesOf(background).every((other) => squaredDistance(lab, other) >= visibleDistance ** 2);
}
