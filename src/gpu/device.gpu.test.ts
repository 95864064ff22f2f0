import { afterAll, describe, expect, it } from 'vitest';
import { AiprodError } from '../errors';
import { bufferUsage } from './buffers';
import { acquireDevice } from './device';
import { acquireNodeDevice, createNodeGpu, listNodeAdapters } from './node';
import { ownTestDevice, testAdapter, testDevice } from './testing';

const doubling = `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&values)) { values[id.x] *= 2; }
}`;

/** `GPUMapMode.READ`; the global does not exist in Node. */
const mapRead = 0x1;

describe('acquireNodeDevice', () => {
  it('names the adapter and says aloud which it took', async () => {
    const lines: string[] = [];
    const gpu = await acquireNodeDevice({ preference: testAdapter(), log: (line) => lines.push(line) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(gpu.adapter.description);
    expect(gpu.adapter.backend).toMatch(/vulkan|metal|d3d/);
    expect(JSON.parse(JSON.stringify(gpu.adapter))).toEqual(gpu.adapter);
    if (gpu.adapter.isSoftware) expect(lines[0]).toContain('software adapter');
    gpu.destroy();
  });

  it('asks for the limits and features of the adapter, not for the defaults', async () => {
    const { gpu } = await createNodeGpu(testAdapter());
    const adapter = await gpu.requestAdapter();
    const { limits, device, features } = await testDevice();
    expect(limits.maxBufferSize).toBe(adapter?.limits.maxBufferSize);
    expect(limits.maxComputeWorkgroupStorageSize).toBe(adapter?.limits.maxComputeWorkgroupStorageSize);
    expect(features.f16).toBe(adapter?.features.has('shader-f16'));
    expect(device.features.has('shader-f16')).toBe(features.f16);
    expect(device.features.has('timestamp-query')).toBe(features.timestamps);
  });

  it('computes', async () => {
    const { device, guard } = await testDevice();
    const input = new Float32Array([1, 2, 3, -4.5]);
    const storage = device.createBuffer({ size: 16, usage: bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination });
    const readback = device.createBuffer({ size: 16, usage: bufferUsage.mapRead | bufferUsage.copyDestination });
    device.queue.writeBuffer(storage, 0, input);
    const module = device.createShaderModule({ code: doubling });
    const pipeline = await guard(device.createComputePipelineAsync({ layout: 'auto', compute: { module } }));
    const bindGroup = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: storage } }],
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(storage, 0, readback, 0, 16);
    device.queue.submit([encoder.finish()]);
    await guard(readback.mapAsync(mapRead));
    expect([...new Float32Array(readback.getMappedRange())]).toEqual([2, 4, 6, -9]);
    readback.destroy();
    storage.destroy();
  });

  it('refuses a name that no adapter has with exit code 3 in words', async () => {
    const failure = await acquireNodeDevice({ preference: 'imaginary 9000' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AiprodError);
    expect(failure).toMatchObject({ code: 'no-adapter' });
    expect(String(failure)).toContain('--device imaginary 9000');
  });

  it('lists what there is', async () => {
    const adapters = await listNodeAdapters();
    expect(adapters.some(({ name }) => /swiftshader|llvmpipe/i.test(name)) || adapters.length > 0).toBe(true);
  });
});

describe('a device that fails', () => {
  it('is told when a command was refused', async () => {
    const gpu = await ownTestDevice();
    gpu.device.createBuffer({ size: 16, usage: bufferUsage.mapRead | bufferUsage.storage });
    const failure = await gpu
      .guard(gpu.device.queue.onSubmittedWorkDone().then(() => new Promise((resolve) => setTimeout(resolve, 100))))
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'gpu-failure' });
    expect(() => gpu.check()).toThrow('refused a command');
    gpu.destroy();
  });

  it('settles `lost` and rejects guarded work once it is closed', async () => {
    const gpu = await ownTestDevice();
    const buffer = gpu.device.createBuffer({ size: 16, usage: bufferUsage.mapRead | bufferUsage.copyDestination });
    const mapping = gpu.guard(buffer.mapAsync(mapRead).then(() => new Promise<never>(() => undefined))).catch((error: unknown) => error);
    gpu.destroy();
    const loss = await gpu.lost;
    expect(loss.expected).toBe(true);
    expect(loss.error.code).toBe('device-lost');
    expect(await mapping).toMatchObject({ code: 'device-lost' });
    expect(() => gpu.check()).toThrow(AiprodError);
  });
});

describe('acquireDevice', () => {
  it('says what to do without WebGPU', async () => {
    const failure = await acquireDevice(undefined, { preference: 'auto' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'no-adapter' });
    expect(String(failure)).toContain('chrome://gpu');
  });
});

afterAll(async () => {
  (await testDevice()).check();
});
