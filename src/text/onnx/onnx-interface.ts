/** What an ONNX file takes and gives, read without its weights: of a file of gigabytes a few kilobytes are read. */
import { AiprodError } from '../../errors';
import type { ByteSource } from '../../weights';

export interface OnnxInterface {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxValue {
  readonly name: string;
  /** Sizes by axis; undefined where the file leaves one open, or does not say. */
  readonly dims: readonly (number | undefined)[];
}

/** Numbers of the fields of ONNX's messages (onnx.proto3): ModelProto, GraphProto, ValueInfoProto, TypeProto and what is in them. */
const GRAPH = 7;
const INPUT = 11;
const OUTPUT = 12;
const NAME = 1;
const TYPE = 2;
const TENSOR_TYPE = 1;
const SHAPE = 2;
const DIM = 1;
const DIM_VALUE = 1;

/** Wire types of protocol buffers. */
const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

/** A description of an input or output is some dozens of bytes. */
const LARGEST_VALUE = 1 << 16;
const WINDOW = 1 << 16;
const LONGEST_VARINT = 10;

/** A field of a message: its value lies from `start` to `end`; of a number, `value` is it. */
interface Field {
  readonly number: number;
  readonly wire: number;
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

/** @throws AiprodError 'bad-weights' when the file is no ONNX model. */
export async function readOnnxInterface(source: ByteSource): Promise<OnnxInterface> {
  const file = windowed(source);
  const inputs: OnnxValue[] = [];
  const outputs: OnnxValue[] = [];
  for await (const graph of fields(file, 0, source.size)) {
    if (graph.number !== GRAPH || graph.wire !== DELIMITED) continue;
    for await (const { number, wire, start, end } of fields(file, graph.start, graph.end)) {
      if (wire !== DELIMITED || (number !== INPUT && number !== OUTPUT)) continue;
      if (end - start > LARGEST_VALUE) throw damaged(source, `${end - start} bytes about an input or output`);
      (number === INPUT ? inputs : outputs).push(await valueOf(file, start, end));
    }
  }
  if (outputs.length === 0) throw damaged(source, 'no graph with outputs');
  return { inputs, outputs };
}

async function valueOf(file: WindowedFile, start: number, end: number): Promise<OnnxValue> {
  let name = '';
  const dims: (number | undefined)[] = [];
  for await (const field of fields(file, start, end)) {
    if (field.number === NAME) name = new TextDecoder().decode(await file.bytes(field.start, field.end));
    if (field.number !== TYPE) continue;
    for await (const tensor of within(file, field, TENSOR_TYPE)) {
      for await (const shape of within(file, tensor, SHAPE)) {
        for await (const dim of within(file, shape, DIM)) {
          let size: number | undefined;
          for await (const value of within(file, dim, DIM_VALUE)) size = value.value > 0 ? value.value : undefined;
          dims.push(size);
        }
      }
    }
  }
  return { name, dims };
}

async function* within(file: WindowedFile, { start, end }: Field, number: number): AsyncGenerator<Field> {
  for await (const field of fields(file, start, end)) if (field.number === number) yield field;
}

async function* fields(file: WindowedFile, start: number, end: number): AsyncGenerator<Field> {
  for (let at = start; at < end;) {
    const tag = await varint(file, at, end);
    const [number, wire] = [Math.floor(tag.value / 8), tag.value % 8];
    let [from, until, value] = [tag.end, tag.end, 0];
    if (wire === VARINT) ({ value, end: until } = await varint(file, from, end));
    else if (wire === FIXED_64) until = from + 8;
    else if (wire === FIXED_32) until = from + 4;
    else if (wire === DELIMITED) {
      const length = await varint(file, from, end);
      [from, until] = [length.end, length.end + length.value];
    } else throw damaged(file.source, `a field of wire type ${wire} at byte ${at}`);
    if (number === 0 || until > end) throw damaged(file.source, `a field at byte ${at} that goes beyond its message`);
    yield { number, wire, start: from, end: until, value };
    at = until;
  }
}

async function varint(file: WindowedFile, at: number, end: number): Promise<{ readonly value: number; readonly end: number }> {
  const bytes = await file.bytes(at, Math.min(end, at + LONGEST_VARINT));
  let [value, scale] = [0, 1];
  for (const [place, byte] of bytes.entries()) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return { value, end: at + place + 1 };
  }
  throw damaged(file.source, `a number without an end at byte ${at}`);
}

/** A file of which a stretch is held. */
interface WindowedFile {
  readonly source: ByteSource;
  bytes(start: number, end: number): Promise<Uint8Array>;
}

function windowed(source: ByteSource): WindowedFile {
  let held = { start: 0, bytes: new Uint8Array() };
  return {
    source,
    async bytes(start, end) {
      if (start < held.start || end > held.start + held.bytes.length) {
        held = { start, bytes: await source.read(start, Math.min(source.size - start, Math.max(WINDOW, end - start))) };
      }
      return held.bytes.subarray(start - held.start, end - held.start);
    },
  };
}

function damaged({ name }: ByteSource, found: string): AiprodError {
  return new AiprodError('bad-weights', 'the file is no ONNX model', {
    where: name,
    expected: 'a whole .onnx file',
    found,
    hint: 'Check that the download is complete',
  });
}
