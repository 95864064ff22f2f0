/** sRGB, 0 to 255. */
export type Rgb = readonly [number, number, number];

export const colorTones = {
  red: [225, 35, 35],
  orange: [250, 140, 20],
  yellow: [250, 225, 40],
  green: [40, 185, 70],
  cyan: [30, 210, 205],
  blue: [40, 80, 230],
  purple: [150, 50, 200],
  pink: [250, 130, 190],
  brown: [125, 75, 35],
  white: [250, 250, 250],
} as const satisfies Record<string, Rgb>;

export type Color = keyof typeof colorTones;
export const colors = ['red', 'orange', 'yellow', 'green', 'cyan', 'blue', 'purple', 'pink', 'brown', 'white'] as const satisfies Color[];

/** sRGB to CIE L*a*b* under D65 (CIE 15:2004), in which Euclidean distance is about what an eye sees. */
export function labOf(red: number, green: number, blue: number): Rgb {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const x = fold((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = fold(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = fold((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function linear(value: number): number {
  const c = Math.min(1, Math.max(0, value / 255));
  return c > 0.04045 ? ((c + 0.055) / 1.055) ** 2.4 : c / 12.92;
}

function fold(t: number): number {
  return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
}

export function squaredDistance(a: Rgb, b: Rgb): number {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
}
