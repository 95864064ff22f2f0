import { AiprodError } from '../errors';
import { bufferUsage, type GpuContext } from '../gpu';
import { permuteData, type ParameterReader } from './evaluate';
import { toDeviceBytes } from './host-transfer';
import type { Program, ProgramBuffer } from './program';
import { elementCount } from './types';

type ParameterBuffer = ProgramBuffer & { readonly kind: 'parameter' };

/** Uploads each weight once, in the type and order that programs ask for, and shares it among them. */
export class ParameterStore {
  private readonly buffers = new Map<string, GPUBuffer>();

  constructor(
    private readonly context: GpuContext,
    private readonly readParameter: ParameterReader,
  ) {}

  /** Uploads what the program needs and is not there yet; `onProgress` gets the share of bytes done, 0 to 1. */
  async load(program: Program, onProgress?: (share: number) => void): Promise<void> {
    const missing = program.buffers.filter(
      (buffer): buffer is ParameterBuffer => buffer.kind === 'parameter' && !this.buffers.has(keyOf(buffer)),
    );
    const total = missing.reduce((sum, buffer) => sum + buffer.bytes, 0);
    let done = 0;
    for (const parameter of missing) {
      await this.upload(parameter);
      done += parameter.bytes;
      onProgress?.(done / total);
    }
  }

  /** The buffer of a loaded parameter. */
  get(parameter: ParameterBuffer): GPUBuffer {
    const buffer = this.buffers.get(keyOf(parameter));
    if (buffer === undefined) throw new AiprodError('internal', `parameter ${parameter.spec.name} was not loaded`);
    return buffer;
  }

  /** Frees every weight. Programs that use them must be gone. */
  destroy(): void {
    for (const buffer of this.buffers.values()) this.context.allocator.destroy(buffer);
    this.buffers.clear();
  }

  private async upload(parameter: ParameterBuffer): Promise<void> {
    const { spec, type } = parameter;
    const key = keyOf(parameter);
    if (this.buffers.has(key)) return;
    const stored = await this.readParameter(spec.name);
    if (stored.length !== elementCount(spec.storedShape)) {
      throw new AiprodError('bad-weights', `weight ${spec.name} does not fit the model`, {
        expected: `${elementCount(spec.storedShape)} elements for [${spec.storedShape.join(', ')}]`,
        found: `${stored.length} elements`,
      });
    }
    const ordered = spec.permute === undefined ? stored : permuteData(stored, spec.storedShape, spec.permute);
    const { allocator, device } = this.context;
    const buffer = await allocator.checkAllocations(spec.name, () =>
      allocator.create(spec.name, parameter.bytes, bufferUsage.storage | bufferUsage.copyDestination),
    );
    device.queue.writeBuffer(buffer, 0, toDeviceBytes(ordered, type.dtype));
    this.buffers.set(key, buffer);
  }
}

function keyOf(parameter: ParameterBuffer): string {
  return `${parameter.spec.name}|${parameter.spec.permute?.join(',') ?? ''}|${parameter.type.dtype}`;
}
