import { luma, parseColor, type Rgb, type Rgba } from '../srgb';
import type { EvaluatedEffect } from '../../project';
import type { PixelEffect } from './pixel-effect';

/** Narrowest ramp, so that a softness of 0 is a sharp edge. */
const sharpest = 1e-4;

/** Cb and Cr of BT.709, full range: 0 for greys. */
function chroma(color: Rgb | Rgba): readonly [number, number] {
  const y = luma(color);
  return [(color[2] - y) / 1.8556, (color[0] - y) / 1.5748];
}

/** Channel of the key's strongest. */
function strongestOf(key: Rgb): 0 | 1 | 2 {
  if (key[1] >= key[0] && key[1] >= key[2]) return 1;
  return key[2] >= key[0] ? 2 : 0;
}

const keyOf = ({ colors }: EvaluatedEffect): Rgb => parseColor(colors.key);

export const chromaKey: PixelEffect = {
  kernel: { module: 'chroma_key', name: 'chroma_key' },
  takes: ['vec2f', 'f32', 'f32', 'f32', 'vec3f'],
  prepare(effect) {
    const { tolerance, softness, spill } = effect.values;
    const strongest = strongestOf(keyOf(effect));
    const axis = [0, 1, 2].map((channel) => (channel === strongest ? 1 : 0));
    return { numbers: [...chroma(keyOf(effect)), tolerance, Math.max(sharpest, softness), spill, ...axis] };
  },
  reference(color, effect) {
    const { tolerance, softness, spill } = effect.values;
    const key = keyOf(effect);
    const [[cb, cr], [keyCb, keyCr]] = [chroma(color), chroma(key)];
    const distance = Math.hypot(cb - keyCb, cr - keyCr) / Math.SQRT2;
    const alpha = Math.min(1, Math.max(0, (distance - tolerance) / Math.max(sharpest, softness)));
    const strongest = strongestOf(key);
    const rgb = [color[0], color[1], color[2]];
    const others = (rgb[0] + rgb[1] + rgb[2] - rgb[strongest]) / 2;
    rgb[strongest] -= spill * Math.max(0, rgb[strongest] - others);
    return [rgb[0], rgb[1], rgb[2], color[3] * alpha];
  },
};
