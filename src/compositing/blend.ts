/** The separable blend modes of W3C Compositing and Blending Level 1, section 9.1, in f64; `add` is the lighter of Level 2. */
import type { BlendMode } from '../project';

type Blend = (backdrop: number, source: number) => number;

const screen: Blend = (b, s) => b + s - b * s;
const hardLight: Blend = (b, s) => (s <= 0.5 ? b * 2 * s : screen(b, 2 * s - 1));

/** B(backdrop, source) of each mode, a channel at a time, 0 to 1. */
export const blendChannel: Readonly<Record<BlendMode, Blend>> = {
  normal: (_, s) => s,
  multiply: (b, s) => b * s,
  screen,
  overlay: (b, s) => hardLight(s, b),
  darken: Math.min,
  lighten: Math.max,
  'color-dodge': (b, s) => (b === 0 ? 0 : s === 1 ? 1 : Math.min(1, b / (1 - s))),
  'color-burn': (b, s) => (b === 1 ? 1 : s === 0 ? 0 : 1 - Math.min(1, (1 - b) / s)),
  'hard-light': hardLight,
  'soft-light': (b, s) => {
    if (s <= 0.5) return b - (1 - 2 * s) * b * (1 - b);
    const d = b <= 0.25 ? ((16 * b - 12) * b + 4) * b : Math.sqrt(b);
    return b + (2 * s - 1) * (d - b);
  },
  difference: (b, s) => Math.abs(b - s),
  exclusion: (b, s) => b + s - 2 * b * s,
  add: (b, s) => Math.min(1, b + s),
};
