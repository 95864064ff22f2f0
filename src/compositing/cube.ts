import { AiprodError } from '../errors';
import type { ColorTable } from './composition';

/** Most points along an axis that are read: 256^3 colours are 200 MB. */
const maxSize = 129;

/**
 * Reads a table of colours in the .cube form (Adobe, "Cube LUT Specification" 1.0): three-dimensional, or one-dimensional, which becomes a
 * three-dimensional one of the same curves.
 * @param where the file's name, for messages
 * @throws AiprodError `bad-input` that names the line
 */
export function parseCube(text: string, where: string): ColorTable {
  let size: { readonly points: number; readonly dimensions: 1 | 3 } | undefined;
  let domainMin: [number, number, number] = [0, 0, 0];
  let domainMax: [number, number, number] = [1, 1, 1];
  const values: number[] = [];
  for (const [at, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = raw.replace(/#.*/, '').trim();
    if (line === '') continue;
    const refuse = (expected: string): AiprodError =>
      new AiprodError('bad-input', 'The table of colours cannot be read', {
        where: `${where}, line ${at + 1}`,
        expected,
        found: line.slice(0, 80),
      });
    const [word, ...rest] = line.split(/\s+/);
    const numbers = (count: number, expected: string, words: readonly string[] = rest): number[] => {
      const found = words.map(Number);
      if (found.length !== count || !found.every(Number.isFinite)) throw refuse(expected);
      return found;
    };
    if (word === 'TITLE') continue;
    if (word === 'LUT_3D_SIZE' || word === 'LUT_1D_SIZE') {
      const dimensions = word === 'LUT_3D_SIZE' ? 3 : 1;
      const most = dimensions === 3 ? maxSize : 65_536;
      const [points] = numbers(1, `a size from 2 to ${most}`);
      if (size !== undefined) throw refuse('one size');
      if (!Number.isInteger(points) || points < 2 || points > most) throw refuse(`a size from 2 to ${most}`);
      size = { points, dimensions };
    } else if (word === 'DOMAIN_MIN' || word === 'DOMAIN_MAX') {
      const [red, green, blue] = numbers(3, 'three numbers');
      if (word === 'DOMAIN_MIN') domainMin = [red, green, blue];
      else domainMax = [red, green, blue];
    } else if (word === 'LUT_1D_INPUT_RANGE' || word === 'LUT_3D_INPUT_RANGE') {
      const [low, high] = numbers(2, 'two numbers');
      [domainMin, domainMax] = [
        [low, low, low],
        [high, high, high],
      ];
    } else if (/^[A-Za-z_]/.test(word)) {
      throw refuse('TITLE, LUT_1D_SIZE, LUT_3D_SIZE, DOMAIN_MIN, DOMAIN_MAX or three numbers');
    } else {
      if (size === undefined) throw refuse('LUT_3D_SIZE or LUT_1D_SIZE before the colours');
      values.push(...numbers(3, 'three numbers', [word, ...rest]));
    }
  }
  const damaged = (expected: string, found: string): AiprodError =>
    new AiprodError('bad-input', 'The table of colours cannot be read', { where, expected, found });
  if (size === undefined) throw damaged('LUT_3D_SIZE or LUT_1D_SIZE', 'neither');
  if (domainMin.some((low, axis) => low >= domainMax[axis]))
    throw damaged('a domain whose end lies above its beginning', domainMin.join(' '));
  const count = size.points ** size.dimensions;
  if (values.length !== count * 3) throw damaged(`${count} colours`, String(values.length / 3));
  const domain = { domainMin, domainMax };
  if (size.dimensions === 3) return { size: size.points, colors: Float32Array.from(values), ...domain };
  return { ...gridOfCurves(values, size.points), ...domain };
}

/** A grid of 65 points on which each channel goes through its curve. */
function gridOfCurves(values: readonly number[], points: number): Pick<ColorTable, 'size' | 'colors'> {
  const size = Math.min(65, points);
  const axis = [0, 1, 2].map((channel) =>
    Array.from({ length: size }, (_, at) => {
      const place = (at / (size - 1)) * (points - 1);
      const low = Math.min(points - 2, Math.floor(place));
      const [a, b] = [values[low * 3 + channel], values[(low + 1) * 3 + channel]];
      return a + (b - a) * (place - low);
    }),
  );
  const colors = new Float32Array(size ** 3 * 3);
  for (let at = 0; at < size ** 3; at++) {
    const place = [at % size, Math.floor(at / size) % size, Math.floor(at / size ** 2)];
    for (let channel = 0; channel < 3; channel++) colors[at * 3 + channel] = axis[channel][place[channel]];
  }
  return { size, colors };
}
