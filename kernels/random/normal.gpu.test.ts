import { describe, expect, test } from 'vitest';
import { createGpuContext } from '../../src/gpu';
import { testDevice } from '../../src/gpu/testing';
import { normalQuantileTable, randomNormal, seedWords } from '../../src/numeric/random';

const usage = { mapRead: 1, copySource: 4, copyDestination: 8, uniform: 64, storage: 128 };

/** Noise from the kernel, over a grid of `columns` groups a row. */
async function normalOnGpu(seed: bigint, stream: number, count: number, columns: number): Promise<Float32Array> {
  const { device, pipelines } = createGpuContext(await testDevice());
  const kernel = await pipelines.get(
    { kernel: 'random/normal' },
    [
      { element: 'i32', access: 'read' },
      { element: 'f32', access: 'read_write' },
      { element: 'u32', access: 'read' },
    ],
    true,
  );
  if (kernel.uniformLayout === undefined) throw new Error('the kernel was compiled without its uniforms');
  const table = normalQuantileTable();
  const create = (size: number, flags: number): GPUBuffer => device.createBuffer({ size, usage: flags });
  const tableBuffer = create(table.byteLength, usage.storage | usage.copyDestination);
  const noise = create(count * 4, usage.storage | usage.copySource);
  const seedBuffer = create(16, usage.storage | usage.copyDestination);
  const uniforms = create(16, usage.uniform | usage.copyDestination);
  const readback = create(count * 4, usage.mapRead | usage.copyDestination);
  device.queue.writeBuffer(tableBuffer, 0, Int32Array.from(table));
  device.queue.writeBuffer(seedBuffer, 0, Uint32Array.from(seedWords(seed)));
  device.queue.writeBuffer(uniforms, 0, Uint32Array.of(stream, count));

  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(kernel.pipeline);
  const storage = [tableBuffer, noise, seedBuffer].map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: kernel.storageLayout, entries: storage }));
  const entries = [{ binding: 0, resource: { buffer: uniforms } }];
  pass.setBindGroup(1, device.createBindGroup({ layout: kernel.uniformLayout, entries }));
  pass.dispatchWorkgroups(columns, Math.ceil(count / 256 / columns));
  pass.end();
  encoder.copyBufferToBuffer(noise, 0, readback, 0, count * 4);
  device.queue.submit([encoder.finish()]);
  await readback.mapAsync(usage.mapRead);
  const result = new Float32Array(readback.getMappedRange()).slice();
  for (const buffer of [tableBuffer, noise, seedBuffer, uniforms, readback]) buffer.destroy();
  return result;
}

describe('normal noise on the GPU', () => {
  // Odd counts leave a part of the last block; several columns and rows exercise the folded grid and its spare groups.
  test.each([
    [0n, 0, 5, 1],
    [42n, 0, 4096, 16],
    [0xfedcba9876543210n, 0xffffffff, 99_999, 7],
    [20261n, 3, 1 << 20, 1000],
  ])('has the bits of randomNormal(%d, %d, %d)', async (seed, stream, count, columns) => {
    const expected = randomNormal(seed, stream, count);
    const actual = await normalOnGpu(seed, stream, count, columns);
    const bits = (data: Float32Array): Uint32Array => new Uint32Array(data.buffer, data.byteOffset, data.length);
    const wanted = bits(expected);
    expect(bits(actual).findIndex((word, i) => word !== wanted[i])).toBe(-1);
  });
});
