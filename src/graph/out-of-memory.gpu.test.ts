import { expect, it } from 'vitest';
import { BufferAllocator, type GpuContext } from '../gpu';
import { add } from './arithmetic';
import { compileGraph, ProgramInstance } from './executor';
import { linear } from './operations/matmul';
import { ParameterStore } from './parameter-store';
import { planStreaming } from './streaming';
import { testContext, testValues } from './testing';
import { Tracer } from './tracer';

const width = 16;

function program(context: GpuContext) {
  const tracer = new Tracer();
  let hidden = tracer.input('x', [4, width]);
  for (let block = 0; block < 3; block++) {
    const start = hidden;
    hidden = tracer.scope(`layers.${block}`, () => add(start, linear(start, tracer.parameter('weight', [width, width]))));
  }
  tracer.output('y', hidden);
  return compileGraph(tracer.finish(), context);
}

/** The context on a device whose memory ends: at the n-th buffer that is made, as drivers tell it, or in an exception. */
function contextThatEnds(context: GpuContext, at: number, how: 'scope' | 'exception'): GpuContext {
  let made = 0;
  let failed = false;
  const device = new Proxy(context.device, {
    get(target, name) {
      if (name === 'createBuffer') {
        return (descriptor: GPUBufferDescriptor) => {
          made++;
          if (made === at && how === 'exception') throw new Error('no such buffer');
          failed ||= made === at;
          return target.createBuffer(descriptor);
        };
      }
      if (name === 'popErrorScope') {
        return async () => {
          const real = await target.popErrorScope();
          const error = failed ? { message: 'injected' } : real;
          failed = false;
          return error;
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return value instanceof Function ? (...values: unknown[]): unknown => Reflect.apply(value, target, values) : value;
    },
  });
  return { ...context, device, allocator: new BufferAllocator(device) };
}

it.each(['scope', 'exception'] as const)('a program that finds no memory leaves none behind (%s)', async (how) => {
  const context = await testContext();
  const plan = program(context);
  const read = () => testValues(width * width, 1);
  for (const streaming of [undefined, planStreaming(plan, 'layers')]) {
    const whole = contextThatEnds(context, Infinity, how);
    const store = new ParameterStore(whole, read);
    (await ProgramInstance.create(plan, whole, store, streaming === undefined ? {} : { streaming })).destroy();
    store.destroy();
    expect(whole.allocator.liveBytes).toBe(0);
    // Every buffer that is made can be the one too many.
    let refused = 0;
    for (let at = 1; ; at++) {
      const small = contextThatEnds(context, at, how);
      const parameters = new ParameterStore(small, read);
      const instance = await ProgramInstance.create(plan, small, parameters, streaming === undefined ? {} : { streaming }).catch(
        (error: unknown) => {
          expect(error).toMatchObject(how === 'scope' ? { code: 'out-of-memory' } : { message: 'no such buffer' });
          return undefined;
        },
      );
      instance?.destroy();
      parameters.destroy();
      expect(small.allocator.liveBytes, `buffer ${at}`).toBe(0);
      if (instance !== undefined) break;
      refused++;
    }
    expect(refused).toBeGreaterThan(plan.buffers.length);
  }
});
