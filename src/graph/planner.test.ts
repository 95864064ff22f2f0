import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, exp, matmul, planProgram, plainestCapabilities, printProgram, removeDeadCode, reshape, slice, Tracer } from '.';
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

  it('reads rows of a table in place, through reshapes and slices of slices', () => {
    const tracer = new Tracer();
    const x = tracer.input('x', [4, 64]);
    const table = exp(tracer.parameter('table', [6, 64]));
    const rows = slice(table, 0, 2, 4);
    const row = reshape(slice(rows, 0, 1, 1), [64]);
    tracer.output('y', matmul(exp(x), reshape(row, [1, 64]), { transposeB: true }));
    tracer.output('rows', rows);
    const program = planProgram(removeDeadCode(tracer.finish()), plainestCapabilities);
    expect(program.steps.map(({ call }) => call.kernel).filter((kernel) => kernel.startsWith('shape/'))).toEqual([]);
    const readings = program.steps.flatMap(({ bindings }) => bindings.filter(({ offset }) => offset !== 0));
    expect(readings).toMatchObject([{ offset: 3 * 256, access: 'read', type: { shape: [1, 64] } }]);
    expect(program.outputs[1]).toMatchObject({ offset: 2 * 256 });
    expect(readings[0].buffer).toBe(program.outputs[1].buffer);
    expect(printProgram(program)).toContain(`output rows = b${program.outputs[1].buffer}+512 [4, 64]f32`);
  });

  it('refuses f16 on an adapter without it before anything is allocated', () => {
    const tracer = new Tracer({ dtype: 'f16' });
    tracer.output('y', exp(tracer.input('x', [4])));
    expect(() => planProgram(tracer.finish(), plainestCapabilities)).toThrow(/shader-f16/);
  });
});
