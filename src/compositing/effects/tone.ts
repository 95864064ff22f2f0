/** Brightness, contrast, saturation, exposure: one number each. */
import { luma, toEncoded, toLinear, type Rgba } from '../srgb';
import type { PixelEffect } from './pixel-effect';

const tone = (
  name: string,
  parameter: string,
  map: (channel: number, value: number, color: Rgba) => number,
  kernelValue = (value: number) => value,
): PixelEffect => ({
  kernel: { module: 'tone', name },
  takes: ['f32'],
  prepare: ({ values }) => ({ numbers: [kernelValue(values[parameter])] }),
  reference: (color, { values }) => {
    const [red, green, blue] = [color[0], color[1], color[2]].map((channel) => map(channel, values[parameter], color));
    return [red, green, blue, color[3]];
  },
});

export const brightness = tone('brightness', 'amount', (channel, amount) => channel + amount);
export const contrast = tone('contrast', 'factor', (channel, factor) => (channel - 0.5) * factor + 0.5);
export const saturation = tone('saturation', 'factor', (channel, factor, color) => luma(color) + (channel - luma(color)) * factor);
export const exposure = tone(
  'exposure',
  'stops',
  (channel, stops) => toEncoded(toLinear(channel) * 2 ** stops),
  (stops) => 2 ** stops,
);
