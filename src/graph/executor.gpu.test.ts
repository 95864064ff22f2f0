import { describe, expect, it } from 'vitest';
import {
  add,
  cast,
  compileGraph,
  evaluateGraph,
  geluErf,
  geluTanh,
  leakyRelu,
  multiply,
  ParameterStore,
  ProgramInstance,
  reshape,
  runGraph,
  sigmoid,
  silu,
  tanh,
  Tracer,
  type DType,
} from '.';
import { expectGpuMatchesReference, relativeError, testContext, testValues } from './testing';

describe('executor', () => {
  it('runs broadcast arithmetic of every alignment like the reference', async () => {
    for (const shape of [[1], [7], [4, 8], [3, 5, 6], [2, 3, 64]]) {
      const tracer = new Tracer();
      const x = tracer.input('x', shape);
      const row = tracer.input('row', [shape[shape.length - 1]]);
      const column = tracer.input('column', [...shape.slice(0, -1), 1]);
      tracer.output('y', silu(add(multiply(x, add(row, 1)), column)));
      tracer.output('z', add(geluTanh(x), add(geluErf(row), leakyRelu(tanh(sigmoid(x)), 0.1))));
      const count = shape.reduce((a, b) => a * b, 1);
      const last = shape[shape.length - 1];
      await expectGpuMatchesReference(
        tracer.finish(),
        { x: testValues(count, 1), row: testValues(last, 2), column: testValues(count / last, 3) },
        1e-6,
      );
    }
  });

  it('keeps a program and replays it with new inputs', async () => {
    const context = await testContext();
    const tracer = new Tracer();
    const x = tracer.input('x', [4, 4]);
    const weight = tracer.parameter('weight', [4, 2], { permute: [1, 0] });
    tracer.output('y', add(reshape(x, [2, 2, 4]), reshape(weight, [2, 1, 4])));
    const graph = tracer.finish();
    const read = (): Float32Array => Float32Array.from({ length: 8 }, (_, k) => k);
    const parameters = new ParameterStore(context, read);
    const program = compileGraph(graph, context);
    const before = context.allocator.liveBytes;
    const instance = await ProgramInstance.create(program, context, parameters);
    expect(context.allocator.liveBytes - before).toBe(program.memory.totalBytes);
    for (let seed = 0; seed < 3; seed++) {
      const inputs = { x: testValues(16, seed) };
      const expected = await evaluateGraph(graph, inputs, read);
      const actual = await instance.run(inputs);
      expect(relativeError(actual.get('y')?.data ?? [], expected.get('y')?.data ?? [])).toBeLessThan(1e-6);
    }
    instance.destroy();
    parameters.destroy();
    expect(context.allocator.liveBytes).toBe(before);
  });

  it('hands an output to another program without the host', async () => {
    const context = await testContext();
    const before = context.allocator.liveBytes;
    const parameters = new ParameterStore(context, () => new Float32Array());
    const traced = (shape: readonly number[], scale: number) => {
      const tracer = new Tracer();
      tracer.output('x', multiply(tracer.input('x', shape), scale));
      return compileGraph(tracer.finish(), context);
    };
    const [first, second] = [traced([6, 4], 2), traced([3, 8], 5)];
    const maker = await ProgramInstance.create(first, context, parameters, { onDevice: () => true });
    expect((await maker.run({ x: testValues(24, 1) })).size).toBe(0);
    const kept = await maker.keep('x');
    maker.destroy();
    const given = new Map([['x', kept]]);
    const taker = await ProgramInstance.create(second, context, parameters, { given });
    // The input's memory is that of what is given.
    expect(context.allocator.liveBytes - before).toBe(second.memory.totalBytes);
    const made = (await taker.run()).get('x')?.data ?? [];
    expect(
      relativeError(
        made,
        testValues(24, 1).map((value) => 10 * value),
      ),
    ).toBeLessThan(1e-6);
    taker.destroy();
    await expect(ProgramInstance.create(traced([5, 4], 1), context, parameters, { given })).rejects.toMatchObject({ code: 'internal' });
    kept.destroy();
    parameters.destroy();
    expect(context.allocator.liveBytes).toBe(before);
  });

  it('stores f16 where the adapter has it', async (test) => {
    const context = await testContext();
    if (!context.capabilities.f16) return test.skip(`needs shader-f16; ${context.gpu.adapter.description} has none`);
    const tracer = new Tracer({ dtype: 'f16' });
    const x = tracer.input('x', [3, 7]);
    tracer.output('half', multiply(x, 2));
    tracer.output('single', cast(multiply(x, 3), 'f32'));
    await expectGpuMatchesReference(tracer.finish(), { x: testValues(21, 5) }, 1e-3);
  });

  it('reads and writes integers', async () => {
    const tracer = new Tracer();
    const dtype: DType = 'i32';
    tracer.output('y', add(tracer.input('x', [5], dtype), 3, dtype));
    const result = await runGraph(await testContext(), tracer.finish(), { x: Int32Array.of(1, -2, 3, 40, 5) }, () => new Float32Array());
    expect([...(result.get('y')?.data ?? [])]).toEqual([4, 1, 6, 43, 8]);
  });
});
