/** SentencePiece models as tests and layouts write them. */

/** A piece with its type: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. */
export type TypedPiece = readonly [text: string, score: number, type: number];

/** A piece for every byte. */
export const bytePieces: readonly TypedPiece[] = Array.from({ length: 256 }, (_, byte) => [
  `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  0,
  6,
]);

export interface SpieceOptions {
  /** 1 is Unigram. */
  readonly modelType?: number;
  /** Name of the normalizer. */
  readonly rule?: string;
  /** More of the normalizer's fields, as bytes. */
  readonly flags?: readonly number[];
}

/** The bytes of a spiece.model. */
export function spieceModel(
  pieces: readonly TypedPiece[],
  { modelType = 1, rule = 'nmt_nfkc', flags = [] }: SpieceOptions = {},
): Uint8Array<ArrayBuffer> {
  const fields = pieces.flatMap(([text, score, type]) => {
    const bits = [...new Uint8Array(Float32Array.of(score).buffer)];
    return field(1, [...field(1, [...new TextEncoder().encode(text)]), 2 * 8 + 5, ...bits, 3 * 8, type]);
  });
  const normalizer = [...field(1, [...new TextEncoder().encode(rule)]), ...flags];
  return Uint8Array.from([...fields, ...field(2, [3 * 8, modelType]), ...field(3, normalizer)]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

/** A length-delimited protobuf field. */
function field(number: number, bytes: readonly number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}
