import { describe, expect, it, test } from 'vitest';
import { testContext } from '../graph/testing';
import type { Video } from '../models';
import { openNodeFolder } from '../weights/node';
import { gpuMachine } from './gpu-machine';
import { encodeFinite } from './finite-encoding';
import { openLtxModel } from './opening/open-ltx-model';

const signal = new AbortController().signal;

/** A picture of the strongest red: the embedded VAE gives no finite number of it in f16. */
function red(side: number): Video {
  return { shape: [1, 3, 1, side, side], data: Float32Array.from({ length: 3 * side * side }, (_, k) => (k < side * side ? 1 : -1)) };
}

describe('latents are numbers', () => {
  const values = (value: number) => Promise.resolve({ data: Float32Array.of(1, value) });

  it('of the f32 programs only where f16 overflows', async () => {
    const given = { own: 2, inFull: () => Number.NaN };
    expect((await encodeFinite('pictures', given, values)).data[1]).toBe(2);
    expect((await encodeFinite('pictures', { own: Infinity, inFull: () => 3 }, values)).data[1]).toBe(3);
  });

  it('or refused', async () => {
    for (const given of [
      { own: Number.NaN, inFull: undefined },
      { own: Infinity, inFull: () => Number.NaN },
    ]) {
      await expect(encodeFinite('pictures', given, values)).rejects.toMatchObject({ code: 'not-finite' });
    }
  });

  test('where the embedded VAE overflows in f16', async (context) => {
    const gpu = await testContext();
    if (!gpu.capabilities.f16) return context.skip(`needs shader-f16; ${gpu.gpu.adapter.description} has none`);
    const model = await openLtxModel(await openNodeFolder('public/models/embedded'), 'embedded');
    const encoded = (dtype: 'f32' | 'f16') =>
      gpuMachine({ model, context: gpu, dtype, previews: false }).withAutoencoder(0, signal, (vae) => vae.encode(red(64)));
    expect((await encoded('f16')).data).toEqual((await encoded('f32')).data);
    await model.close();
  });
});
