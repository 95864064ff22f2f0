import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, exp, planProgram, plainestCapabilities, printProgram, reshape, Tracer } from '.';
import { shareBuffers } from './planner';

const lifetimes = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 1000 }), first: fc.nat(50), length: fc.nat(20) })
    .map(({ bytes, first, length }) => ({ bytes, first, last: first + length })),
  { maxLength: 40 },
);

describe('memory planner', () => {
  it('never gives one buffer to two values that live at once, and every buffer is large enough', () => {
    fc.assert(
      fc.property(lifetimes, (values) => {
        const { assignment, sizes } = shareBuffers(values);
        values.forEach((value, k) => {
          expect(sizes[assignment[k]]).toBeGreaterThanOrEqual(value.bytes);
          values.forEach((other, j) => {
            if (j === k || assignment[j] !== assignment[k]) return;
            expect(other.last < value.first || value.last < other.first).toBe(true);
          });
        });
      }),
    );
  });

  it('reuses memory along a chain and is deterministic', () => {
    const trace = (): string => {
      const tracer = new Tracer();
      let x = tracer.input('x', [256]);
      for (let k = 0; k < 6; k++) x = reshape(exp(x), [16, 16]);
      tracer.output('y', add(x, 1));
      return printProgram(planProgram(tracer.finish(), plainestCapabilities));
    };
    expect(trace()).toBe(trace());
    expect(trace().match(/transient/g)).toHaveLength(2);
  });

  it('refuses f16 on an adapter without it before anything is allocated', () => {
    const tracer = new Tracer({ dtype: 'f16' });
    tracer.output('y', exp(tracer.input('x', [4])));
    expect(() => planProgram(tracer.finish(), plainestCapabilities)).toThrow(/shader-f16/);
  });
});
