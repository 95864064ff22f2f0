import { describe, expect, it } from 'vitest';
import { createGpuContext } from '../gpu';
import { testDevice } from '../gpu/testing';
import { randomNormal } from '../numeric/random';
import { openNodeFolder } from '../weights/node';
import { gpuMachine, type GpuMachineOptions } from './gpu-machine';
import type { EncodedText } from './video-machine';
import { openLtxModel } from './opening/open-ltx-model';

const latentShape = [1, 16, 2, 2, 2] as const;
const signal = new AbortController().signal;

describe('a model on the GPU under a memory budget', () => {
  it('streams blocks of text encoder and transformer and gives the same bits', { timeout: 300_000 }, async () => {
    const model = await openLtxModel(await openNodeFolder('public/models/embedded'), 'embedded');
    const context = createGpuContext(await testDevice());
    const passes = [[{ name: 'pred_cond', prompt: 'positive' }]] as const;
    const tokens = 8;
    const request = {
      passes,
      positions: { frames: 2, height: 2, width: 2 },
      timesteps: 'sample',
      stage: 1,
    } as const;
    const run = async (options: Pick<GpuMachineOptions, 'memoryBudget' | 'weights'>) => {
      const machine = gpuMachine({ model, context, dtype: 'f32', previews: false, ...options });
      context.allocator.resetPeak();
      const before = context.allocator.liveBytes;
      const text: EncodedText = await machine.encodeText(['a red ball'], 1, signal);
      const prediction = await machine.withTransformer({ ...request, text, latentShape, seed: 1 }, signal, ({ model: transformer }) =>
        transformer.predict(randomNormal(3, 0, tokens * model.transformer.in_channels), Float32Array.of(700), passes[0]),
      );
      const held = context.allocator.peakBytes - before;
      const planned = Math.max(
        machine.estimates?.text(['a red ball'], 1).totalBytes ?? 0,
        machine.estimates?.transformer(request, latentShape).totalBytes ?? 0,
      );
      return { states: text.states, prediction, held, planned };
    };
    const whole = await run({ weights: 'int8' });
    const streamed = await run({ weights: 'int8', memoryBudget: Math.floor(whole.planned / 2) });
    expect(streamed.states).toEqual(whole.states);
    expect(streamed.prediction).toEqual(whole.prediction);
    expect(whole.held).toBe(whole.planned);
    expect(streamed.held).toBe(streamed.planned);
    expect(streamed.held).toBeLessThan(whole.held / 2);
    await model.close();
  });
});
