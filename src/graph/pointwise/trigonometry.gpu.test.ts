import { expect, it } from 'vitest';
import { cos, sin } from '../arithmetic';
import { runGraph } from '../executor';
import { testContext } from '../testing';
import { Tracer } from '../tracer';

it('computes sine and cosine to an absolute error of 3e-7 up to 20,000 radians', async () => {
  const count = 4099;
  const x = Float32Array.from({ length: count }, (_, k) => ((k / (count - 1)) * 2 - 1) ** 3 * 20000);
  const tracer = new Tracer();
  const input = tracer.input('x', [count]);
  tracer.output('sin', sin(input));
  tracer.output('cos', cos(input));
  const actual = await runGraph(await testContext(), tracer.finish(), { x }, () => new Float32Array());
  for (const [name, exact] of [
    ['sin', Math.sin],
    ['cos', Math.cos],
  ] as const) {
    const computed = actual.get(name)?.data ?? [];
    const worst = x.reduce((known, value, k) => Math.max(known, Math.abs(computed[k] - exact(value))), 0);
    expect(worst, name).toBeLessThan(3e-7);
  }
});
