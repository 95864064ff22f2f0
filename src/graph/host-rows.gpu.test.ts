import { describe, expect, it } from 'vitest';
import type { GpuContext } from '../gpu';
import {
  cast,
  compileGraph,
  evaluateGraph,
  gatherRows,
  multiply,
  ParameterStore,
  pickRows,
  ProgramInstance,
  storeParametersAs,
  Tracer,
  type EncodingChoice,
  type Graph,
  type ParameterReader,
} from '.';
import { testContext, testValues } from './testing';

const [rows, width, length] = [300, 64, 7];
const table = testValues(rows * width, 3);

function lookup(dtype: 'f32' | 'f16', choice?: EncodingChoice): Graph {
  const tracer = new Tracer({ dtype });
  const ids = tracer.input('ids', [1, length], 'i32');
  // Twice, and scaled, as text encoders do.
  const found = cast(gatherRows(tracer.parameter('table.weight', [rows, width]), ids), 'f32');
  tracer.output('y', multiply(found, 3));
  return choice === undefined ? tracer.finish() : storeParametersAs(tracer.finish(), () => choice);
}

/** The device with the limit of one that binds no more than `bytes`. */
async function limitedTo(maxBindingBytes: number): Promise<GpuContext> {
  const context = await testContext();
  return { ...context, capabilities: { ...context.capabilities, maxBindingBytes } };
}

const idsOf = (seed: number): Int32Array => Int32Array.from({ length }, (_, k) => (k < 3 ? (seed * 31 + k * 97) % rows : 0));

describe('tables that no binding holds', () => {
  for (const [what, dtype, choice] of [
    ['f32', 'f32', undefined],
    ['f16', 'f16', undefined],
    ['bf16 as stored', 'f32', { encoding: 'bf16' }],
    ['q8_0 as stored', 'f32', { encoding: 'q8_0' }],
  ] as const) {
    it(`are looked up by the host, to the same bits: ${what}`, async (test) => {
      const context = await limitedTo(4096);
      if (dtype === 'f16' && !context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
      const graph = lookup(dtype, choice);
      const asked: number[][] = [];
      const read: ParameterReader = Object.assign(() => table, {
        rows: async (name: string, wanted: readonly number[]) => {
          expect(name).toBe('table.weight');
          asked.push([...wanted]);
          return Promise.resolve(pickRows(table, wanted, width));
        },
      });
      const program = compileGraph(graph, context);
      expect(program.memory.parameterBytes).toBe(0);
      const before = context.allocator.liveBytes;
      const parameters = new ParameterStore(context, read);
      const instance = await ProgramInstance.create(program, context, parameters);
      expect(context.allocator.liveBytes - before).toBe(program.memory.totalBytes);
      const whole = compileGraph(graph, await testContext());
      expect(whole.memory.parameterBytes).toBeGreaterThan(4096);
      const held = new ParameterStore(context, read);
      const reference = await ProgramInstance.create(whole, context, held);
      for (const seed of [1, 2]) {
        const ids = idsOf(seed);
        const actual = (await instance.run({ ids })).get('y')?.data;
        if (choice === undefined) expect(actual).toEqual((await reference.run({ ids })).get('y')?.data);
        else expect(actual).toEqual((await evaluateGraph(lookup('f32'), { ids }, read)).get('y')?.data);
        expect(asked.at(-1)).toEqual([...new Set(ids)].sort((a, b) => a - b));
      }
      // Nothing is read again while the numbers stay.
      await instance.run();
      expect(asked).toHaveLength(2);
      for (const each of [instance, reference]) each.destroy();
      for (const each of [parameters, held]) each.destroy();
      expect(context.allocator.liveBytes).toBe(before);
    });
  }

  it('are read whole where a reader knows no rows, and refuse numbers outside them', async () => {
    const context = await limitedTo(4096);
    const parameters = new ParameterStore(context, () => table);
    const instance = await ProgramInstance.create(compileGraph(lookup('f32'), context), context, parameters);
    const ids = idsOf(5);
    const expected = await evaluateGraph(lookup('f32'), { ids }, () => table);
    expect((await instance.run({ ids })).get('y')?.data).toEqual(expected.get('y')?.data);
    await expect(instance.run({ ids: ids.map(() => rows) })).rejects.toMatchObject({ code: 'bad-input' });
    instance.destroy();
    parameters.destroy();
  });

  it('are refused where the numbers are computed on the device', async () => {
    const context = await limitedTo(4096);
    const tracer = new Tracer();
    const ids = multiply(tracer.input('ids', [1, length], 'i32'), 1, 'i32');
    tracer.output('y', gatherRows(tracer.parameter('table.weight', [rows, width]), ids));
    expect(() => compileGraph(tracer.finish(), context)).toThrow(/in one binding/);
  });
});
