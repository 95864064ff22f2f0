import { toEncoded, toLinear, type Rgb } from '../srgb';
import type { PixelEffect } from './pixel-effect';

type Matrix = readonly [Rgb, Rgb, Rgb];

/** CIE xy of sRGB's white. */
const d65 = [0.3127, 0.329] as const;
/** Linear sRGB to CIE XYZ (IEC 61966-2-1). */
const rgbToXyz: Matrix = [
  [0.4124, 0.3576, 0.1805],
  [0.2126, 0.7152, 0.0722],
  [0.0193, 0.1192, 0.9505],
];
/** XYZ to the cones of Bradford (Lam 1985; ICC.1:2010, annex E). */
const bradford: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];
/** Kelvin of the Planckian radiator nearest to D65. */
const kelvinOfD65 = 6504;
/** Distance in the CIE 1960 plane that a tint of 1 moves the white. */
const tintStep = 0.0003;

/** CIE xy of a Planckian radiator, 1667 to 25000 K (Kang et al. 2002). */
export function planckianWhite(kelvin: number): readonly [number, number] {
  const [t1, t2, t3] = [1e3 / kelvin, 1e6 / kelvin ** 2, 1e9 / kelvin ** 3];
  const x =
    kelvin <= 4000
      ? -0.2661239 * t3 - 0.2343589 * t2 + 0.8776956 * t1 + 0.17991
      : -3.0258469 * t3 + 2.1070379 * t2 + 0.2226347 * t1 + 0.24039;
  if (kelvin <= 2222) return [x, -1.1063814 * x ** 3 - 1.3481102 * x ** 2 + 2.18555832 * x - 0.20219683];
  if (kelvin <= 4000) return [x, -0.9549476 * x ** 3 - 1.37418593 * x ** 2 + 2.09137015 * x - 0.16748867];
  return [x, 3.081758 * x ** 3 - 5.8733867 * x ** 2 + 3.75112997 * x - 0.37001483];
}

/** CIE 1960 (u, v) of xy. */
const toUv = ([x, y]: readonly [number, number]): readonly [number, number] => {
  const sum = -2 * x + 12 * y + 3;
  return [(4 * x) / sum, (6 * y) / sum];
};

const toXy = ([u, v]: readonly [number, number]): readonly [number, number] => {
  const sum = 2 * u - 8 * v + 4;
  return [(3 * u) / sum, (2 * v) / sum];
};

/**
 * The white that a picture gets: D65 moved as the Planckian locus goes from 6504 K to a temperature so many mireds warmer, and at a right angle to
 * the locus by the tint, away from green.
 * @returns CIE xy
 */
export function whiteOf(mireds: number, tint: number): readonly [number, number] {
  const locus = (mired: number): readonly [number, number] => toUv(planckianWhite(1e6 / mired));
  const from = 1e6 / kelvinOfD65;
  const [u0, v0] = locus(from);
  const [u1, v1] = locus(from + mireds);
  const [nextU, nextV] = locus(from + mireds + 0.1);
  const [du, dv] = [nextU - u1, nextV - v1];
  const length = Math.hypot(du, dv);
  const [u, v] = toUv(d65);
  // The locus goes to larger u and v as it gets warmer; below it, where v is smaller, lies magenta.
  return toXy([u + u1 - u0 + (dv / length) * tint * tintStep, v + v1 - v0 - (du / length) * tint * tintStep]);
}

/** Linear sRGB as seen under D65 to linear sRGB as its white were another: von Kries in Bradford's cones, with the luminance of white kept. */
export function adaptationMatrix(white: readonly [number, number]): Matrix {
  const cones = (xy: readonly [number, number]): Rgb => apply(bradford, [xy[0] / xy[1], 1, (1 - xy[0] - xy[1]) / xy[1]]);
  const [from, to] = [cones(d65), cones(white)];
  const gains: Matrix = [
    [to[0] / from[0], 0, 0],
    [0, to[1] / from[1], 0],
    [0, 0, to[2] / from[2]],
  ];
  const inXyz = product(inverse(bradford), product(gains, bradford));
  return product(inverse(rgbToXyz), product(inXyz, rgbToXyz));
}

const dot = (a: Rgb, b: Rgb): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const apply = (matrix: Matrix, vector: Rgb): Rgb => [dot(matrix[0], vector), dot(matrix[1], vector), dot(matrix[2], vector)];
const transpose = ([a, b, c]: Matrix): Matrix => [
  [a[0], b[0], c[0]],
  [a[1], b[1], c[1]],
  [a[2], b[2], c[2]],
];
const cross = (a: Rgb, b: Rgb): Rgb => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

function product(a: Matrix, b: Matrix): Matrix {
  const columns = transpose(b);
  return [apply(columns, a[0]), apply(columns, a[1]), apply(columns, a[2])];
}

function inverse([a, b, c]: Matrix): Matrix {
  const determinant = dot(a, cross(b, c));
  const scaled = (vector: Rgb): Rgb => [vector[0] / determinant, vector[1] / determinant, vector[2] / determinant];
  return transpose([scaled(cross(b, c)), scaled(cross(c, a)), scaled(cross(a, b))]);
}

const matrixOf = (values: Readonly<Record<string, number>>): Matrix => adaptationMatrix(whiteOf(values.temperature, values.tint));

export const whiteBalance: PixelEffect = {
  kernel: { module: 'tone', name: 'white_balance' },
  takes: ['vec3f', 'vec3f', 'vec3f'],
  prepare: ({ values }) => ({ numbers: matrixOf(values).flat() }),
  reference(color, { values }) {
    const light: Rgb = [toLinear(color[0]), toLinear(color[1]), toLinear(color[2])];
    const [red, green, blue] = apply(matrixOf(values), light);
    return [toEncoded(red), toEncoded(green), toEncoded(blue), color[3]];
  },
};
