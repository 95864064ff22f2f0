import { bufferUsage, openPassTimer, type CompiledKernel, type GpuContext, type PassTimer } from '../gpu';
import type { Composition, Compositor, PicturedLayer } from './composition';
import type { Pass, PassBuffer } from './pass';
import { passesOf, strideOf } from './passes';
import { parseColor } from './srgb';
import { BufferPool } from './buffer-pool';

/** GPUTextureUsage and GPUMapMode by value: the global constants do not exist in Node. */
const textureUsage = { copySource: 0x1, copyDestination: 0x2, renderAttachment: 0x10 } as const;
const mapRead = 0x1;
/** Rows that are copied from a buffer to a texture begin at whole 256 bytes: so many pixels. */
const rowWords = 64;
/** What pictures and scratch are: written by the page or a kernel, read by kernels and copies. */
const storage = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination;

/** A compositor on a device. It keeps buffers for the next frame, until it is closed. */
export function createCompositor(context: GpuContext): Compositor {
  const { device, gpu } = context;
  const pool = new BufferPool(context.allocator);
  let textures: GPUTexture[] = [];
  let queue: Promise<unknown> = Promise.resolve();

  /** Frames are made one after the other: they share buffers. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  /** Encodes all passes of a frame; its result lies in a buffer of the pool, RGBA8. */
  async function encode(
    passes: readonly Pass[],
    composition: Composition,
    stride: number,
    encoder: GPUCommandEncoder,
    taken: GPUBuffer[],
    timer: PassTimer | undefined,
  ): Promise<GPUBuffer> {
    const { height } = composition.output;
    const take = (label: string, bytes: number, usage: number = storage): GPUBuffer => {
      const buffer = pool.take(label, bytes, usage);
      taken.push(buffer);
      return buffer;
    };
    const kernels = await Promise.all(
      passes.map(({ variant, bindings }) =>
        context.pipelines.get(
          variant,
          bindings.map(({ type }) => type),
          true,
        ),
      ),
    );
    const output = take('composed frame', stride * height * 4);
    if (passes.length === 0) device.queue.writeBuffer(output, 0, plainFrame(composition, stride));
    const pictures = new Map<number, GPUBuffer>();
    const scratch = new Map<number, GPUBuffer>();
    const bufferOf = (wanted: PassBuffer): GPUBuffer => {
      if (wanted.kind === 'output') return output;
      if (wanted.kind === 'data') {
        const buffer = take('effect data', Math.max(16, wanted.values.byteLength));
        if (wanted.values.length > 0) device.queue.writeBuffer(buffer, 0, wanted.values);
        return buffer;
      }
      if (wanted.kind === 'picture') {
        const known = pictures.get(wanted.layer) ?? upload(composition.layers[wanted.layer].picture, encoder, take);
        pictures.set(wanted.layer, known);
        return known;
      }
      const known = scratch.get(wanted.id) ?? take('frame in f32', wanted.pixels * 16);
      scratch.set(wanted.id, known);
      return known;
    };
    for (const [at, pass] of passes.entries()) {
      const resources = pass.bindings.map(({ buffer }) => bufferOf(buffer));
      const uniform = take('composing parameters', pass.uniform.byteLength, bufferUsage.uniform | bufferUsage.copyDestination);
      device.queue.writeBuffer(uniform, 0, pass.uniform);
      dispatch(device, encoder, kernels[at], pass, resources, uniform, timer?.writes(at));
    }
    timer?.resolve(encoder, passes.length);
    return output;
  }

  /** The picture of a layer in a buffer. */
  function upload(
    picture: PicturedLayer['picture'],
    encoder: GPUCommandEncoder,
    take: (label: string, bytes: number) => GPUBuffer,
  ): GPUBuffer {
    const { width, height } = picture;
    const stride = strideOf(picture);
    const buffer = take('picture', stride * height * 4);
    if (picture.kind === 'bytes') {
      const { rgba } = picture;
      device.queue.writeBuffer(buffer, 0, rgba.buffer, rgba.byteOffset, width * height * 4);
      return buffer;
    }
    const texture = textureOf(width, height);
    device.queue.copyExternalImageToTexture({ source: picture.image }, { texture }, [width, height]);
    encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow: stride * 4, rowsPerImage: height }, [width, height]);
    return buffer;
  }

  function textureOf(width: number, height: number): GPUTexture {
    const texture = device.createTexture({
      label: 'picture',
      size: [width, height],
      format: 'rgba8unorm',
      usage: textureUsage.copySource | textureUsage.copyDestination | textureUsage.renderAttachment,
    });
    textures.push(texture);
    return texture;
  }

  /** Textures are used within one frame: their memory is freed by the driver when the frame is done. */
  function freeTextures(): void {
    for (const texture of textures) texture.destroy();
    textures = [];
  }

  async function submit(
    composition: Composition,
    stride: number,
    finish: (encoder: GPUCommandEncoder, output: GPUBuffer) => void,
  ): Promise<void> {
    gpu.check();
    const encoder = device.createCommandEncoder({ label: 'composing' });
    const taken: GPUBuffer[] = [];
    const passes = passesOf(composition, stride);
    const { onKernel } = context;
    const timer = onKernel === undefined || passes.length === 0 ? undefined : openPassTimer(context, passes.length);
    try {
      const output = await gpu.guard(encode(passes, composition, stride, encoder, taken, timer));
      finish(encoder, output);
      device.queue.submit([encoder.finish()]);
      const spans = (await timer?.read(passes.length)) ?? [];
      for (const [at, span] of spans.entries()) {
        const { kernel } = passes[at].variant;
        onKernel?.({ label: kernel, kernel, ...span, flops: 0 });
      }
    } finally {
      timer?.destroy();
      // Later frames may write them at once: the queue keeps its order.
      pool.give(taken);
      freeTextures();
    }
  }

  return {
    async compose(composition) {
      const { width, height } = composition.output;
      const bytes = width * height * 4;
      const readback = await inTurn(async () => {
        const buffer = pool.take('composed frame read back', bytes, bufferUsage.mapRead | bufferUsage.copyDestination);
        try {
          await submit(composition, width, (encoder, output) => encoder.copyBufferToBuffer(output, 0, buffer, 0, bytes));
        } catch (error) {
          pool.give([buffer]);
          throw error;
        }
        return buffer;
      });
      try {
        await gpu.guard(readback.mapAsync(mapRead, 0, bytes));
        const frame = new Uint8Array(bytes);
        frame.set(new Uint8Array(readback.getMappedRange(0, bytes)));
        readback.unmap();
        return frame;
      } finally {
        pool.give([readback]);
      }
    },

    composeTo: (composition, canvas) =>
      inTurn(async () => {
        const { width, height } = composition.output;
        const stride = Math.ceil(width / rowWords) * rowWords;
        await submit(composition, stride, (encoder, output) => {
          const texture = canvas.getCurrentTexture();
          encoder.copyBufferToTexture({ buffer: output, bytesPerRow: stride * 4 }, { texture }, [width, height]);
        });
      }),

    prepareCanvas(canvas) {
      canvas.configure({
        device,
        format: 'rgba8unorm',
        usage: textureUsage.copyDestination | textureUsage.renderAttachment,
        alphaMode: 'opaque',
      });
    },

    close() {
      pool.close();
      freeTextures();
    },
  };
}

function dispatch(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  kernel: CompiledKernel,
  { size, variant }: Pass,
  resources: readonly GPUBuffer[],
  uniform: GPUBuffer,
  timestampWrites: GPUComputePassTimestampWrites | undefined,
): void {
  const pass = encoder.beginComputePass({ label: variant.kernel, ...(timestampWrites && { timestampWrites }) });
  pass.setPipeline(kernel.pipeline);
  const entries = resources.map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: kernel.storageLayout, entries }));
  if (kernel.uniformLayout !== undefined) {
    pass.setBindGroup(
      1,
      device.createBindGroup({ layout: kernel.uniformLayout, entries: [{ binding: 0, resource: { buffer: uniform } }] }),
    );
  }
  pass.dispatchWorkgroups(Math.ceil(size[0] / 16), Math.ceil(size[1] / 8));
  pass.end();
}

/** A frame of the background alone, with so many pixels from row to row. */
function plainFrame({ output, background }: Composition, stride: number): Uint8Array<ArrayBuffer> {
  const [red, green, blue] = parseColor(background).map((value) => Math.round(value * 255));
  const frame = new Uint8Array(stride * output.height * 4);
  for (let at = 0; at < frame.length; at += 4) frame.set([red, green, blue, 255], at);
  return frame;
}
