import { describe, expect, it } from 'vitest';
import { interleave } from './contender';

/** Works on a clock of their own: each submission takes its seconds. */
function clockwork(...secondsEach: number[]) {
  let milliseconds = 0;
  const order: string[] = [];
  const works = secondsEach.map((seconds, index) => ({
    run(times: number) {
      milliseconds += seconds * times * 1000;
      order.push(`${index}x${times}`);
      return Promise.resolve();
    },
  }));
  return { works, order, now: () => milliseconds };
}

describe('interleaved measurement', () => {
  it('warms all up first and then takes turns', async () => {
    const { works, order, now } = clockwork(1, 3);
    const samples = await interleave(works, { rounds: 3, now });
    expect(samples).toEqual([
      [1, 1, 1],
      [3, 3, 3],
    ]);
    expect(order).toEqual(['0x1', '1x1', '0x1', '1x1', '0x1', '1x1', '0x1', '1x1', '0x1', '1x1']);
  });

  it('submits quick work several times in a row, equally often for all', async () => {
    const { works, order, now } = clockwork(0.004, 0.01);
    const samples = await interleave(works, { rounds: 1, sampleSeconds: 0.02, now });
    expect(order.slice(-2)).toEqual(['0x5', '1x5']);
    expect(samples[0][0]).toBeCloseTo(0.004, 9);
    expect(samples[1][0]).toBeCloseTo(0.01, 9);
  });
});
