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
  // A block that shares its slot with no other is read once in two runs, as one that is held.
  for (const { slots, held, readOnce } of [
    { slots: 1, held: 0, readOnce: [] },
    { slots: 2, held: 0, readOnce: [] },
    { slots: 3, held: 0, readOnce: [2] },
    { slots: 2, held: 2, readOnce: [0, 2, 3] },
    { slots: 1, held: 3, readOnce: [0, 1, 3] },
  ]) {
    it(`give the same bits as weights that are held, through ${slots} slots beside ${held} blocks, again and again`, async () => {
      const context = await testContext();
      const graph = storeParametersAs(network(), ({ name }) => (name.endsWith('down.weight') ? { encoding: 'int8' } : undefined));
      const program = compileGraph(graph, context);
      const whole = new ParameterStore(context, readerOf(graph));
      const kept = await ProgramInstance.create(program, context, whole);
      const expected = [(await kept.run(inputs(1))).get('y')?.data, (await kept.run(inputs(2))).get('y')?.data];
      kept.destroy();
      whole.destroy();

      const before = context.allocator.liveBytes;
      context.allocator.resetPeak();
      const reads: string[] = [];
      const parameters = new ParameterStore(
        context,
        readerOf(graph, (name) => reads.push(name)),
      );
      const streaming = planStreaming(program, 'layers', { slots, held });
      const instance = await ProgramInstance.create(program, context, parameters, { streaming });
      const actual = [(await instance.run(inputs(1))).get('y')?.data, (await instance.run(inputs(2))).get('y')?.data];
      expect(actual).toEqual(expected);
      expect(expected[0]).not.toEqual(expected[1]);
      // What the plan foretold, less nothing: every slot, the layers outside of blocks, activations and readback.
      expect(context.allocator.peakBytes - before).toBe(streaming.memory.totalBytes);
      expect(streaming.memory.totalBytes).toBeLessThan(program.memory.totalBytes);
      // Layers outside of blocks are read once.
      const times = (name: string): number => reads.filter((other) => other === name).length;
      expect(times('proj_in.weight')).toBe(1);
      const once = Array.from({ length: blocks }, (_, block) => block).filter((block) => times(`layers.${block}.up.weight`) === 1);
      expect(once).toEqual(readOnce);
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
    const instance = await ProgramInstance.create(program, context, parameters, {
      streaming: planStreaming(program, 'layers', { slots: 9 }),
    });
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
    const instance = await ProgramInstance.create(program, context, parameters, { streaming: planStreaming(program, 'layers') });
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
    const instance = await ProgramInstance.create(program, context, parameters, { streaming: planStreaming(program, 'layers') });
    await expect(instance.run(inputs(1), { signal: abort.signal })).rejects.toMatchObject({ code: 'cancelled' });
    instance.destroy();
    parameters.destroy();
  });

  it('are planned for a budget, or refused with the sizes', async () => {
    const program = compileGraph(network(), await testContext());
    const { totalBytes } = program.memory;
    expect(streamWithin(program, 'layers', totalBytes)).toBeUndefined();
    const least = planStreaming(program, 'layers');
    expect(streamWithin(program, 'layers', least.memory.totalBytes)).toEqual(least);
    expect(least.segments.map(({ block }) => block)).toEqual([0, 1, 2, 3, 4]);
    expect(least.segments.at(-1)?.end).toBe(program.steps.length);
    const blockBytes = least.slotBytes.reduce((sum, bytes) => sum + bytes, 0);
    // As many blocks stay as there is room for, evenly among the others.
    const roomy = streamWithin(program, 'layers', least.memory.totalBytes + 2 * blockBytes + 1);
    expect(roomy).toMatchObject({ slots: 2, held: 2, memory: { totalBytes: least.memory.totalBytes + 2 * blockBytes } });
    expect(roomy?.blocks).toEqual([1, 3, 4].map((block) => least.blocks[block]));
    expect(streamWithin(program, 'layers', totalBytes - 1)?.memory.totalBytes).toBeLessThan(totalBytes);
    expect(() => streamWithin(program, 'layers', 1000)).toThrow(/not even with its blocks streamed/);
    expect(() => streamWithin(program, 'blocks', 1000)).toThrow(/cannot be streamed/);
  });
});
