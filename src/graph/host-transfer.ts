import { floatToHalfArray, halfToFloatArray } from '../numeric/half';
import type { DType, HostTensor } from './types';

/** The bytes a value has in GPU memory. Integers given as floats, and floats given as integers, are converted by value. */
export function toDeviceBytes(data: HostTensor['data'], dtype: DType): ArrayBufferView<ArrayBuffer> {
  switch (dtype) {
    case 'f32':
      return owned(data instanceof Float32Array ? data : Float32Array.from(data));
    case 'f16': {
      const half = floatToHalfArray(data instanceof Float32Array ? data : Float32Array.from(data));
      // WebGPU writes whole 4-byte words.
      if (half.length % 2 === 0) return owned(half);
      const padded = new Uint16Array(half.length + 1);
      padded.set(half);
      return padded;
    }
    case 'i32':
      return owned(data instanceof Int32Array ? data : Int32Array.from(data));
    case 'u32':
      return owned(data instanceof Uint32Array ? data : Uint32Array.from(data));
  }
}

/** Reads back what `toDeviceBytes` wrote; f16 becomes numbers in a Float32Array. */
export function fromDeviceBytes(buffer: ArrayBuffer, count: number, dtype: DType): HostTensor['data'] {
  switch (dtype) {
    case 'f32':
      return new Float32Array(buffer, 0, count).slice();
    case 'f16':
      return halfToFloatArray(new Uint16Array(buffer, 0, count));
    case 'i32':
      return new Int32Array(buffer, 0, count).slice();
    case 'u32':
      return new Uint32Array(buffer, 0, count).slice();
  }
}

/** WebGPU refuses views of shared memory: those are copied, everything else passes as it is. */
function owned(data: Float32Array | Int32Array | Uint32Array | Uint16Array): ArrayBufferView<ArrayBuffer> {
  return ownsMemory(data) ? data : data.slice();
}

function ownsMemory(data: ArrayBufferView): data is ArrayBufferView<ArrayBuffer> {
  return data.buffer instanceof ArrayBuffer;
}
