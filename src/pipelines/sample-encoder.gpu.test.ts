import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testContext } from '../graph/testing';
import type { VideoReader } from '../media';
import { openNodeFolder } from '../weights/node';
import { gpuMachine, openLtxModel, type GpuMachine, type LtxModel } from '.';
import { sampleEncoder } from './node';

let model: LtxModel;
let machine: GpuMachine;
beforeAll(async () => {
  model = await openLtxModel(await openNodeFolder(fileURLToPath(new URL('../../public/models/embedded', import.meta.url))), 'embedded');
  machine = gpuMachine({ model, context: await testContext(), dtype: 'f32', previews: false });
});
afterAll(() => model.close());

const { signal } = new AbortController();
const side = 32;

/** A clip of one picture: left half red, right half blue. */
const picture: VideoReader = {
  width: side,
  height: side,
  frameRate: null,
  frameCount: 1,
  description: 'halves',
  async *pictures() {
    const rgba = Uint8Array.from(
      { length: side * side * 4 },
      (_, k) => [(k >> 2) % side < side / 2 ? 255 : 0, 0, (k >> 2) % side < side / 2 ? 0 : 255, 255][k % 4],
    );
    yield { width: side, height: side, planes: null, rgba: () => rgba };
  },
  close: async () => undefined,
};

it('encodes captions together as one by one, and a clip', async () => {
  const encoder = await sampleEncoder({ model, machine, dtype: 'f32' });
  const captions = ['a red square', 'a blue circle moves up'];
  const together = await encoder.encodeTexts(captions, signal);
  for (const [k, caption] of captions.entries()) {
    const alone = await machine.encodeText([caption], 1, signal);
    const { prompt_embeds: embeds, prompt_mask: mask } = together[k];
    expect([...mask.data]).toEqual([...alone.mask]);
    expect(embeds.shape[0]).toBe(mask.shape[0]);
    for (let i = 0; i < alone.states.length; i++) expect(Math.abs(embeds.data[i] - alone.states[i])).toBeLessThan(1e-4);
  }
  const { latents } = await encoder.encodeVideo(picture, { width: side, height: side, frames: 1 }, signal);
  expect(latents.shape).toEqual([48, 1, 2, 2]);
});
