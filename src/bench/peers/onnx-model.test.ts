import { describe, expect, it } from 'vitest';
import { OnnxModel } from './onnx-model';

/** A reader of protobuf's wire format, written against its specification: field numbers to values, in order. */
function read(bytes: Uint8Array): [field: number, value: number | Uint8Array][] {
  const fields: [number, number | Uint8Array][] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [field, wire] = [tag >> 3, tag & 7];
    if (wire === 0) fields.push([field, varint()]);
    else {
      const length = wire === 5 ? 4 : varint();
      fields.push([field, bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
}

function messages(bytes: Uint8Array, field: number): Uint8Array[] {
  return read(bytes).flatMap(([number, value]) => (number === field && value instanceof Uint8Array ? [value] : []));
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('ONNX models', () => {
  it('carries nodes, weights and shapes in the fields of onnx.proto3', () => {
    const model = new OnnxModel();
    const x = model.input('x', [2, 300]);
    const w = model.weight(
      'w',
      [300, 2],
      Float32Array.from({ length: 600 }, (_, k) => k),
    );
    const [y] = model.node(
      'Gemm',
      [x, w],
      { transB: { int: 1 }, alpha: { float: 0.5 }, pads: { ints: [1, 300] }, kind: { text: 'tanh' } },
      1,
      'com.microsoft',
    );
    const [graph] = messages(model.finish(y, [2, 2]), 7);

    const [node] = messages(graph, 1);
    expect(messages(node, 1).map(text)).toEqual(['x', 'w']);
    expect(text(messages(node, 4)[0])).toBe('Gemm');
    expect(text(messages(node, 7)[0])).toBe('com.microsoft');
    expect(messages(node, 2).map(text)).toEqual(messages(messages(graph, 12)[0], 1).map(text));
    const [transB, alpha, pads, kind] = messages(node, 5).map(read);
    expect(transB.slice(1)).toEqual([
      [3, 1],
      [20, 2],
    ]);
    expect(new DataView(Uint8Array.from(alpha[1][1] as Uint8Array).buffer).getFloat32(0, true)).toBe(0.5);
    expect(pads.filter(([field]) => field === 8).map(([, value]) => value)).toEqual([1, 300]);
    expect(text(kind[1][1] as Uint8Array)).toBe('tanh');

    const [weight] = messages(graph, 5);
    expect(read(weight).slice(0, 3)).toEqual([
      [1, 300],
      [1, 2],
      [2, 1],
    ]);
    const [raw] = messages(weight, 9);
    expect(raw.length).toBe(2400);
    expect(new DataView(raw.buffer, raw.byteOffset).getFloat32(4 * 599, true)).toBe(599);

    const [shape] = messages(messages(messages(messages(graph, 11)[0], 2)[0], 1)[0], 2);
    expect(messages(shape, 1).map((dimension) => read(dimension)[0])).toEqual([
      [1, 2],
      [1, 300],
    ]);
  });
});
