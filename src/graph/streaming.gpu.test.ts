import { describe, expect, it } from 'vitest';
import { add, geluTanh, multiply } from './arithmetic';
import { compileGraph, ProgramInstance } from './executor';
import type { Graph } from './graph';
import { linear } from './operations/matmul';
import type { ParameterReader } from './parameter-reader';
import { ParameterStore } from './parameter-store';
import { storeParametersAs } from './passes/store-parameters';
import { planStreaming, streamWithin } from './streaming';
import { testContext, testValues } from './testing';
import { Tracer } from './tracer';
import { elementCount } from './types';

const [rows, width, blocks] = [6, 64, 5];

/** A residual network of equal blocks between two layers of its own. */
function network(): Graph {
  const tracer = new Tracer();
  let hidden = linear(tracer.input('x', [rows, width]), tracer.parameter('proj_in.weight', [width, width]));
  for (let block = 0; block < blocks; block++) {
    const start = hidden;
    hidden = tracer.scope(`layers.${block}`, () => {
      const wide = geluTanh(linear(start, tracer.parameter('up.weight', [2 * width, width]), tracer.parameter('up.bias', [2 * width])));
      return add(start, multiply(linear(wide, tracer.parameter('down.weight', [width, 2 * width])), tracer.parameter('gate', [width])));
    });
  }
  tracer.output('y', linear(hidden, tracer.parameter('proj_out.weight', [8, width])));
  return tracer.finish();
}

const inputs = (seed: number) => ({ x: testValues(rows * width, seed) });

function readerOf(graph: Graph, onRead: (name: string) => void = () => undefined): ParameterReader {
  const shapes = new Map(Array.from(graph.parameters.values(), ({ name, storedShape }) => [name, storedShape]));
  return async (name) => {
    onRead(name);
    // A file answers later, and not in the middle of a task.
    await new Promise((resolve) => setTimeout(resolve, 1));
    return testValues(elementCount(shapes.get(name) ?? []), name.length + name.charCodeAt(7)).map((value) => value / 8);
  };
}

describe('weights streamed by block', () => {
  for (const slots of [1, 2, 3]) {
    it(`give the same bits as weights that are held, through ${slots} slots, again and again`, async () => {
      const context = await testContext();
      const graph = storeParametersAs(network(), ({ name }) => (name.endsWith('down.weight') ? { encoding: 'int8' } : undefined));
      const program = compileGraph(graph, context);
      const whole = new ParameterStore(context, readerOf(graph));
      const held = await ProgramInstance.create(program, context, whole);
      const expected = [(await held.run(inputs(1))).get('y')?.data, (await held.run(inputs(2))).get('y')?.data];
      held.destroy();
      whole.destroy();

      const before = context.allocator.liveBytes;
      context.allocator.resetPeak();
      const reads: string[] = [];
      const parameters = new ParameterStore(
        context,
        readerOf(graph, (name) => reads.push(name)),
      );
      const streaming = planStreaming(program, 'layers', slots);
      const instance = await ProgramInstance.create(program, context, parameters, { streaming });
      const actual = [(await instance.run(inputs(1))).get('y')?.data, (await instance.run(inputs(2))).get('y')?.data];
      expect(actual).toEqual(expected);
      expect(expected[0]).not.toEqual(expected[1]);
      // What the plan foretold, less nothing: every slot, the layers outside of blocks, activations and readback.
      expect(context.allocator.peakBytes - before).toBe(streaming.memory.totalBytes);
      expect(streaming.memory.totalBytes).toBeLessThan(program.memory.totalBytes);
      // Layers outside of blocks are read once; every block at least once a run.
      expect(reads.filter((name) => name === 'proj_in.weight')).toHaveLength(1);
      expect(reads.filter((name) => name === 'layers.3.up.weight')).toHaveLength(2);
      instance.destroy();
      parameters.destroy();
      expect(context.allocator.liveBytes).toBe(before);
    });
  }

  it('stay where they are when every block has a slot', async () => {
    const context = await testContext();
    const graph = network();
    const program = compileGraph(graph, context);
    const reads: string[] = [];
    const parameters = new ParameterStore(
      context,
      readerOf(graph, (name) => reads.push(name)),
    );
    const instance = await ProgramInstance.create(program, context, parameters, { streaming: planStreaming(program, 'layers', 9) });
    await instance.run(inputs(1));
    await instance.run(inputs(2));
    expect(reads.filter((name) => name === 'layers.3.up.weight')).toHaveLength(1);
    instance.destroy();
    parameters.destroy();
  });

  it('tell what went wrong when a block cannot be read in mid-run', async () => {
    const context = await testContext();
    const graph = network();
    const program = compileGraph(graph, context);
    const read = readerOf(graph, (name) => {
      if (name.startsWith('layers.3')) throw new Error('the file is gone');
    });
    const parameters = new ParameterStore(context, read);
    const instance = await ProgramInstance.create(program, context, parameters, { streaming: planStreaming(program, 'layers', 2) });
    await expect(instance.run(inputs(1))).rejects.toThrow('the file is gone');
    instance.destroy();
    parameters.destroy();
  });

  it('can be cancelled between blocks', async () => {
    const context = await testContext();
    const graph = network();
    const program = compileGraph(graph, context);
    const abort = new AbortController();
    const parameters = new ParameterStore(
      context,
      readerOf(graph, (name) => {
        if (name.startsWith('layers.2')) abort.abort();
      }),
    );
    const instance = await ProgramInstance.create(program, context, parameters, { streaming: planStreaming(program, 'layers', 2) });
    await expect(instance.run(inputs(1), { signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
    instance.destroy();
    parameters.destroy();
  });

  it('are planned for a budget, or refused with the sizes', async () => {
    const program = compileGraph(network(), await testContext());
    const { totalBytes } = program.memory;
    expect(streamWithin(program, 'layers', totalBytes)).toBeUndefined();
    const plan = streamWithin(program, 'layers', totalBytes - 1);
    expect(plan?.slots).toBe(2);
    expect(plan?.segments.map(({ block }) => block)).toEqual([0, 1, 2, 3, 4]);
    expect(plan?.segments.at(-1)?.end).toBe(program.steps.length);
    expect(() => streamWithin(program, 'layers', 1000)).toThrow(/not even with its blocks streamed/);
    expect(() => streamWithin(program, 'blocks', 1000)).toThrow(/cannot be streamed/);
  });
});
