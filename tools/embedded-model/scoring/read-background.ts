import { backgrounds, paintBackground, type Background } from '../world/backgrounds';
import { labOf, squaredDistance, type Rgb } from '../world/palette';
import type { Clip } from '../world/render';

/** Which cameras a background is compared under: half of a zoom changes where its ground begins. */
const zooms = [1, 1.3];
/** Median tones of each row, L*a*b*. */
type Profile = readonly Rgb[];

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1];
}

function profileOf(size: number, samples: number, tone: (row: number, sample: number, channel: number) => number): Profile {
  return Array.from({ length: size }, (_, row) => {
    const [red, green, blue] = [0, 1, 2].map((channel) => median(Array.from({ length: samples }, (_, k) => tone(row, k, channel))));
    return labOf(red, green, blue);
  });
}

const known = new Map<string, Profile>();

function profileOfBackground(background: Background, zoom: number, size: number): Profile {
  const key = `${background} ${zoom} ${size}`;
  let profile = known.get(key);
  if (profile === undefined) {
    const image = new Float32Array(size * size * 3);
    paintBackground(background, 0, size, { x: 32, y: 32, zoom }, image);
    profile = profileOf(size, size, (row, column, channel) => image[(row * size + column) * 3 + channel]);
    known.set(key, profile);
  }
  return profile;
}

/** The background whose rows have the most similar tones; objects do not count where they cover less than half of a row. */
export function readBackground({ frames, size, pixels }: Clip): Background {
  const [columns, looks] = [Math.ceil(size / 2), Math.ceil(frames / 3)];
  const seen = profileOf(size, columns * looks, (row, sample, channel) => {
    const [frame, column] = [3 * Math.floor(sample / columns), 2 * (sample % columns)];
    return pixels[((frame * size + row) * size + column) * 3 + channel];
  });
  const distances = backgrounds.map((background) => {
    const each = zooms.map((zoom) =>
      profileOfBackground(background, zoom, size).reduce((total, tone, row) => total + Math.sqrt(squaredDistance(tone, seen[row])), 0),
    );
    return Math.min(...each);
  });
  return backgrounds[distances.indexOf(Math.min(...distances))];
}
