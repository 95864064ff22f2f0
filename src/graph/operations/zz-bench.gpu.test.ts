import { it } from 'vitest';
import { compileGraph, ProgramInstance } from '../executor';
import { ParameterStore } from '../parameter-store';
import { testContext, testValues, relativeError } from '../testing';
import { Tracer } from '../tracer';
import { add, multiply } from '../arithmetic';
import { conv3d } from './convolution';
import { rmsNorm } from './normalization';

const shapes: Record<string, [number[], number[]]> = {
  s: [[1, 3, 8, 32, 64], [3, 3, 3, 64, 64]],
  a: [[1, 5, 32, 32, 64], [3, 3, 3, 64, 64]],
  b: [[1, 5, 16, 24, 512], [3, 3, 3, 512, 512]],
  c: [[1, 17, 64, 96, 128], [3, 3, 3, 128, 128]],
};
it('bench', async () => {
  const context = await testContext();
  const which = process.env.BENCH ?? 'a';
  const variants = (process.env.VARIANTS ?? 'default').split(';');
  let first: ArrayLike<number> | undefined;
  const instances = [];
  for (const variant of variants) {
    (globalThis as unknown as { variant: string }).variant = variant;
    const tracer = new Tracer({ dtype: process.env.DTYPE === 'f16' ? 'f16' : 'f32' });
    const inputs: Record<string, Float32Array> = {};
    if (which === 'norm') {
      const x = tracer.input('x', [1536, 2048]);
      tracer.output('y', add(multiply(rmsNorm(x, { eps: 1e-6 }), tracer.input('s', [2048])), tracer.input('b', [2048])));
      inputs.x = testValues(1536 * 2048, 1); inputs.s = testValues(2048, 2); inputs.b = testValues(2048, 3);
    } else {
      const [xs, ws] = shapes[which];
      tracer.output('y', add(conv3d(tracer.input('x', xs), tracer.input('w', ws), { padding: [[1, 1], [1, 1], [1, 1]] }), tracer.input('b', [ws[4]])));
      inputs.x = testValues(xs.reduce((a, b) => a * b), 1); inputs.w = testValues(ws.reduce((a, b) => a * b), 2); inputs.b = testValues(ws[4], 3);
    }
    const program = compileGraph(tracer.finish(), context);
    const instance = await ProgramInstance.create(program, context, new ParameterStore(context, () => new Float32Array()));
    const y = (await instance.run(inputs)).get('y')?.data ?? [];
    first ??= y;
    const flops = program.steps.reduce((s, k) => s + (k.call.flops ?? 0), 0);
    instances.push({ variant, instance, flops, best: Infinity, error: relativeError(y, first), call: program.steps[0].call });
  }
  for (let round = 0; round < Number(process.env.ROUNDS ?? 3); round++) {
    for (const entry of instances) {
      const start = process.cpuUsage();
      const wall = performance.now();
      await entry.instance.run();
      const used = process.cpuUsage(start);
      const ms = (used.user + used.system) / 1000;
      entry.best = Math.min(entry.best, ms);
      console.info(`${which} ${entry.variant} cpu ${ms.toFixed(0)} ms wall ${(performance.now() - wall).toFixed(0)} ms`);
    }
  }
  for (const e of instances) console.info(`RESULT ${which} [${e.variant}] best cpu ${e.best.toFixed(1)} ms = ${(e.flops / e.best / 1e6).toFixed(2)} GFLOP/s per core, err ${e.error.toExponential(1)}`);
}, 600000);
