import { AiprodError } from '../errors';
import { bufferUsage, type GpuContext } from '../gpu';
import { readEncoded } from './encoded-parameter';
import { toDeviceBytes } from './host-transfer';
import { readFloatParameter, readRows, type ParameterReader } from './parameter-reader';
import { permuteData } from './permute-data';
import type { Program, ProgramBuffer } from './program';
import { matrixSize, packWords } from './weight-encoding';

type ParameterBuffer = ProgramBuffer & { readonly kind: 'parameter' };

/** Uploads each weight once, in the type and order that programs ask for, and shares it among them. */
export class ParameterStore {
  private readonly buffers = new Map<string, GPUBuffer>();

  constructor(
    private readonly context: GpuContext,
    private readonly readParameter: ParameterReader,
  ) {}

  /**
   * Uploads what the program needs and is not there yet.
   * @param options `except`: buffers of the program to leave out; `onProgress` gets the share of bytes done, 0 to 1.
   */
  async load(
    program: Program,
    { except, onProgress }: { except?: ReadonlySet<number>; onProgress?: (share: number) => void } = {},
  ): Promise<void> {
    const missing = program.buffers.filter(
      (buffer, index): buffer is ParameterBuffer =>
        buffer.kind === 'parameter' && except?.has(index) !== true && !this.buffers.has(keyOf(buffer)),
    );
    const total = missing.reduce((sum, buffer) => sum + buffer.bytes, 0);
    let done = 0;
    for (const parameter of missing) {
      await this.upload(parameter);
      done += parameter.bytes;
      onProgress?.(done / total);
    }
  }

  /** Reads a parameter as its buffer holds it, without keeping it. */
  read(buffer: ProgramBuffer): Promise<ArrayBufferView<ArrayBuffer>> {
    if (buffer.kind !== 'parameter') throw new AiprodError('internal', 'only parameters are read from weights', { found: buffer.kind });
    return deviceBytes(buffer, this.readParameter);
  }

  /** The rows of a table as their buffer holds them. */
  async readRows({ spec, type }: ProgramBuffer & { readonly kind: 'rows' }, ids: ArrayLike<number>): Promise<ArrayBufferView<ArrayBuffer>> {
    return toDeviceBytes(await readRows(spec, ids, this.readParameter), type.dtype);
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
    const { spec } = parameter;
    const key = keyOf(parameter);
    if (this.buffers.has(key)) return;
    const bytes = await deviceBytes(parameter, this.readParameter);
    const { allocator, device } = this.context;
    const buffer = await allocator.checkAllocations(spec.name, () =>
      allocator.create(spec.name, parameter.bytes, bufferUsage.storage | bufferUsage.copyDestination | bufferUsage.copySource),
    );
    device.queue.writeBuffer(buffer, 0, bytes);
    this.buffers.set(key, buffer);
  }
}

/** The bytes of a parameter as kernels read them. */
async function deviceBytes({ spec, type }: ParameterBuffer, read: ParameterReader): Promise<ArrayBufferView<ArrayBuffer>> {
  if (type.encoding !== undefined) {
    const matrix = await readEncoded(spec, type, type.encoding, read);
    return packWords(matrix, type.encoding, matrixSize(type.shape, type.encoding));
  }
  const stored = await readFloatParameter(spec, read);
  return toDeviceBytes(spec.permute === undefined ? stored : permuteData(stored, spec.storedShape, spec.permute), type.dtype);
}

function keyOf({ spec, type }: ParameterBuffer): string {
  return [spec.name, spec.permute?.join(','), type.encoding === undefined ? type.dtype : JSON.stringify(type.encoding)].join('|');
}
