import { VALUE_BYTES, VALUE_TYPES, type GgufValueType } from './gguf-format';
import { refuse } from './safetensors-header';
import { shorten } from './strict-json';

/** A metadata value. 64-bit whole numbers that a double cannot hold are bigints. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

/** Thrown when the header goes on past the bytes that were read; `length` of them would do for the next step. */
export class MoreBytesNeeded extends Error {
  constructor(readonly length: number) {
    super(`${length} bytes are needed`);
  }
}

/** Bounds against files made to exhaust memory. */
const MOST_VALUES = 4_000_000;
const DEEPEST_ARRAY = 4;

/**
 * Reads the parts of a GGUF header one after another.
 * @throws MoreBytesNeeded when the bytes end but the file goes on; AiprodError 'bad-weights' when the file itself ends.
 */
export class GgufCursor {
  position = 0;
  private values = 0;
  private readonly view: DataView;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  /** @param bytes the beginning of a file of `fileSize` bytes */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly fileSize: number,
    private readonly where: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    return this.view.getUint32(this.take(4, 'a number'), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.take(8, 'a number'), true);
  }

  /**
   * A count of things of at least `size` bytes each, which have to fit into what is left of the file: so nothing is ever
   * allocated that the file does not hold.
   */
  count(what: string, size: number, most: number): number {
    const claimed = this.u64();
    const room = Math.floor((this.fileSize - this.position) / size);
    if (claimed > BigInt(Math.min(room, most))) {
      throw refuse(this.where, `the header claims too many ${what}`, `at most ${Math.min(room, most)}`, `${claimed}`);
    }
    return Number(claimed);
  }

  string(what: string, longest = Infinity): string {
    const length = this.count(`bytes of ${what}`, 1, longest);
    const start = this.take(length, what);
    try {
      return this.decoder.decode(this.bytes.subarray(start, start + length));
    } catch (cause) {
      throw refuse(this.where, `${what} is not text`, 'UTF-8', 'other bytes', cause);
    }
  }

  valueType(key: string): GgufValueType {
    const number = this.u32();
    const type = VALUE_TYPES.at(number);
    if (type !== undefined && number < VALUE_TYPES.length) return type;
    throw refuse(this.where, `metadata ${label(key)} has an unknown type`, VALUE_TYPES.join(', '), `number ${number}`);
  }

  value(key: string, type: GgufValueType, depth = 0): GgufValue {
    if (++this.values > MOST_VALUES) throw refuse(this.where, 'the metadata is too large', `at most ${MOST_VALUES} values`, 'more');
    if (type === 'string') return this.string(`metadata ${label(key)}`);
    if (type === 'array') return this.array(key, depth + 1);
    const at = this.take(VALUE_BYTES[type], `metadata ${label(key)}`);
    switch (type) {
      case 'u8':
        return this.view.getUint8(at);
      case 'i8':
        return this.view.getInt8(at);
      case 'u16':
        return this.view.getUint16(at, true);
      case 'i16':
        return this.view.getInt16(at, true);
      case 'u32':
        return this.view.getUint32(at, true);
      case 'i32':
        return this.view.getInt32(at, true);
      case 'f32':
        return this.view.getFloat32(at, true);
      case 'f64':
        return this.view.getFloat64(at, true);
      case 'u64':
        return narrow(this.view.getBigUint64(at, true));
      case 'i64':
        return narrow(this.view.getBigInt64(at, true));
      case 'bool': {
        const byte = this.view.getUint8(at);
        if (byte > 1) throw refuse(this.where, `metadata ${label(key)} is no truth value`, '0 or 1', `${byte}`);
        return byte === 1;
      }
    }
  }

  private array(key: string, depth: number): GgufValue[] {
    if (depth > DEEPEST_ARRAY) {
      throw refuse(this.where, `metadata ${label(key)} is nested too deep`, `at most ${DEEPEST_ARRAY} arrays`, 'more');
    }
    const type = this.valueType(key);
    const length = this.count(`values of metadata ${label(key)}`, VALUE_BYTES[type], MOST_VALUES);
    const values: GgufValue[] = [];
    for (let k = 0; k < length; k++) values.push(this.value(key, type, depth));
    return values;
  }

  /** Where the next `length` bytes begin. */
  private take(length: number, what: string): number {
    const start = this.position;
    const end = start + length;
    if (end > this.fileSize) throw refuse(this.where, `the file ends within ${what}`, `${end} bytes or more`, `${this.fileSize}`);
    if (end > this.bytes.length) throw new MoreBytesNeeded(end);
    this.position = end;
    return start;
  }
}

function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function label(key: string): string {
  return JSON.stringify(shorten(key));
}
