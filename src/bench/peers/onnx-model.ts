/** Writes small ONNX models: the fields of onnx.proto3 that onnxruntime reads, in protobuf's wire format. */

/** A protobuf message being written. */
class Message {
  private readonly bytes: number[] = [];
  private readonly parts: Uint8Array[] = [];

  varint(field: number, value: number): this {
    this.writeVarint(field * 8);
    this.writeVarint(value);
    return this;
  }

  float(field: number, value: number): this {
    this.writeVarint(field * 8 + 5);
    this.bytes.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  text(field: number, value: string): this {
    return this.blob(field, new TextEncoder().encode(value));
  }

  message(field: number, value: Message): this {
    return this.blob(field, value.finish());
  }

  blob(field: number, value: Uint8Array): this {
    this.writeVarint(field * 8 + 2);
    this.writeVarint(value.length);
    this.parts.push(Uint8Array.from(this.bytes.splice(0)), value);
    return this;
  }

  finish(): Uint8Array {
    this.parts.push(Uint8Array.from(this.bytes.splice(0)));
    const result = new Uint8Array(this.parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.parts) {
      result.set(part, at);
      at += part.length;
    }
    return result;
  }

  private writeVarint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.bytes.push(rest);
  }
}

/** Element types of onnx.TensorProto. */
const elementTypes = { float: 1, int64: 7 } as const;

/** Kinds of onnx.AttributeProto. */
const attributeTypes = { float: 1, int: 2, text: 3, ints: 7 } as const;

export type OnnxAttribute =
  { readonly float: number } | { readonly int: number } | { readonly ints: readonly number[] } | { readonly text: string };

/** A graph under construction; values are names. */
export class OnnxModel {
  private readonly graph = new Message();
  private count = 0;

  /** An f32 value given at each run. */
  input(name: string, shape: readonly number[]): string {
    this.graph.message(11, valueInfo(name, shape));
    return name;
  }

  /** An f32 value that never changes. */
  weight(name: string, shape: readonly number[], data: Float32Array): string {
    return this.initializer(name, shape, elementTypes.float, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  /** A list of whole numbers of at least -1, such as the shape of a Reshape. */
  integers(values: readonly number[]): string {
    return this.initializer(this.fresh(), [values.length], elementTypes.int64, new Uint8Array(BigInt64Array.from(values, BigInt).buffer));
  }

  /** A scalar constant. */
  scalar(value: number): string {
    return this.weight(this.fresh(), [], Float32Array.of(value));
  }

  /** Adds a node and returns its results; `domain` names the operator set beside ONNX's own. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    outputs = 1,
    domain = '',
  ): string[] {
    const results = Array.from({ length: outputs }, () => this.fresh());
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    for (const result of results) node.text(2, result);
    node.text(4, operator);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attributeMessage(name, value));
    if (domain !== '') node.text(7, domain);
    this.graph.message(1, node);
    return results;
  }

  /** The whole model with `result` as its output of this shape. */
  finish(result: string, shape: readonly number[]): Uint8Array {
    this.graph.text(2, 'bench').message(12, valueInfo(result, shape));
    return new Message()
      .varint(1, 9)
      .message(7, this.graph)
      .message(8, new Message().text(1, '').varint(2, 20))
      .message(8, new Message().text(1, 'com.microsoft').varint(2, 1))
      .finish();
  }

  private initializer(name: string, shape: readonly number[], elementType: number, bytes: Uint8Array): string {
    const tensor = new Message();
    for (const size of shape) tensor.varint(1, size);
    this.graph.message(5, tensor.varint(2, elementType).text(8, name).blob(9, bytes));
    return name;
  }

  private fresh(): string {
    return `v${this.count++}`;
  }
}

function valueInfo(name: string, shape: readonly number[]): Message {
  const dimensions = new Message();
  for (const size of shape) dimensions.message(1, new Message().varint(1, size));
  const tensorType = new Message().varint(1, elementTypes.float).message(2, dimensions);
  return new Message().text(1, name).message(2, new Message().message(1, tensorType));
}

function attributeMessage(name: string, value: OnnxAttribute): Message {
  const message = new Message().text(1, name);
  if ('float' in value) return message.float(2, value.float).varint(20, attributeTypes.float);
  if ('int' in value) return message.varint(3, value.int).varint(20, attributeTypes.int);
  if ('text' in value) return message.text(4, value.text).varint(20, attributeTypes.text);
  for (const one of value.ints) message.varint(8, one);
  return message.varint(20, attributeTypes.ints);
}
