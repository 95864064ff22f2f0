import { AiprodError } from '../errors';
import { bufferUsage, type GpuContext } from '../gpu';
import { toDeviceBytes } from './host-transfer';
import type { UniformWord } from './operation';
import type { DeviceTensor } from './device-tensor';
import { uniformStride, type Program, type ProgramBuffer } from './program';
import { describeType, elementCount, storageBytes } from './types';

/** What a program takes on a device beside its parameters. */
export interface OwnBuffers {
  /** By the index of the program's buffers; undefined for parameters. */
  readonly buffers: readonly (GPUBuffer | undefined)[];
  /** Of these the ones that others free. */
  readonly borrowed: ReadonlySet<GPUBuffer>;
  readonly uniforms: GPUBuffer | undefined;
  /** Through which outputs come back, by their names. */
  readonly readback: ReadonlyMap<string, GPUBuffer>;
}

/**
 * Allocates all or nothing; outputs that stay on the device come back through nothing, and inputs that are given lie where they are.
 * @throws AiprodError 'out-of-memory'
 */
export function allocateOwn(
  program: Program,
  { allocator }: GpuContext,
  onDevice: (output: string) => boolean,
  given: ReadonlyMap<string, DeviceTensor> = new Map(),
): Promise<OwnBuffers> {
  const usage = bufferUsage.storage | bufferUsage.copyDestination | bufferUsage.copySource;
  return allocator.checkAllocations('the working memory of a program', () => {
    const buffers = program.buffers.map((buffer, index) =>
      buffer.kind === 'parameter'
        ? undefined
        : (givenTo(buffer, given)?.buffer ?? allocator.create(`${buffer.kind} b${index}`, buffer.bytes, usage)),
    );
    const borrowed = new Set(program.buffers.flatMap((buffer) => givenTo(buffer, given)?.buffer ?? []));
    const { uniformBytes } = program.memory;
    const uniforms =
      uniformBytes === 0
        ? undefined
        : allocator.create('uniform parameters', uniformBytes, bufferUsage.uniform | bufferUsage.copyDestination);
    const readback = new Map(
      program.outputs
        .filter(({ name }) => !onDevice(name))
        .map((output) => [
          output.name,
          allocator.create(`readback ${output.name}`, storageBytes(output.type), bufferUsage.mapRead | bufferUsage.copyDestination),
        ]),
    );
    return { buffers, borrowed, uniforms, readback };
  });
}

/** What is given for an input. @throws AiprodError 'internal' where it is of another size or type */
function givenTo(buffer: ProgramBuffer, given: ReadonlyMap<string, DeviceTensor>): DeviceTensor | undefined {
  const tensor = buffer.kind === 'input' ? given.get(buffer.name) : undefined;
  if (buffer.kind !== 'input' || tensor === undefined) return undefined;
  const fits = elementCount(tensor.type.shape) === elementCount(buffer.type.shape) && tensor.type.dtype === buffer.type.dtype;
  if (fits) return tensor;
  throw new AiprodError('internal', `what is given for the input ${buffer.name} does not fit`, {
    expected: describeType(buffer.type),
    found: describeType(tensor.type),
  });
}

export function freeOwn({ buffers, borrowed, uniforms, readback }: OwnBuffers, { allocator }: GpuContext): void {
  for (const buffer of [...buffers, uniforms, ...readback.values()]) {
    if (buffer !== undefined && !borrowed.has(buffer)) allocator.destroy(buffer);
  }
}

/** Writes what does not change: constants, and the uniform parameters of all steps. */
export function writeConstants(program: Program, { device }: GpuContext, { buffers, uniforms }: OwnBuffers): void {
  program.buffers.forEach((buffer, index) => {
    const target = buffers[index];
    if (buffer.kind === 'constant' && target !== undefined) {
      device.queue.writeBuffer(target, 0, toDeviceBytes(buffer.value.data, buffer.value.dtype));
    }
  });
  if (uniforms !== undefined) device.queue.writeBuffer(uniforms, 0, uniformWords(program));
}

/** The uniform parameters of all steps, each at its own aligned offset. */
function uniformWords(program: Program): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.memory.uniformBytes);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const { call } of program.steps) {
    if (call.uniforms === undefined) continue;
    if (call.uniforms.length * 4 > uniformStride) throw new AiprodError('internal', `${call.kernel} has more uniform parameters than fit`);
    call.uniforms.forEach((word, k) => writeWord(view, offset + k * 4, word));
    offset += uniformStride;
  }
  return bytes;
}

function writeWord(view: DataView, at: number, word: UniformWord): void {
  if ('u32' in word) view.setUint32(at, word.u32, true);
  else if ('i32' in word) view.setInt32(at, word.i32, true);
  else view.setFloat32(at, word.f32, true);
}
