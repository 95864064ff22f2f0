import { monotoneCurve, type EvaluatedEffect } from '../../project';
import type { PixelEffect } from './pixel-effect';

/** Values of a channel in the kernel's table less one; see kernels/image/curves.wgsl. */
const tableSteps = 1024;

const identity = (value: number): number => value;

/** Each channel's whole curve, its own and then the master's: red, green, blue. */
function channelCurves({ curves = {} }: EvaluatedEffect): ((value: number) => number)[] {
  const curveOf = (name: keyof typeof curves) => {
    const points = curves[name];
    return points === undefined ? identity : monotoneCurve(points);
  };
  const master = curveOf('master');
  return (['red', 'green', 'blue'] as const).map((name) => {
    const channel = curveOf(name);
    return (value) => master(channel(Math.min(1, Math.max(0, value))));
  });
}

export const curves: PixelEffect = {
  kernel: { module: 'curves', name: 'curves' },
  takes: ['table'],
  prepare(effect) {
    const table = channelCurves(effect).flatMap((curve) => Array.from({ length: tableSteps + 1 }, (_, at) => curve(at / tableSteps)));
    return { numbers: [], table: Float32Array.from(table) };
  },
  reference(color, effect) {
    const [red, green, blue] = channelCurves(effect);
    return [red(color[0]), green(color[1]), blue(color[2]), color[3]];
  },
};
