import { AiprodError } from '../../errors';

/** What a SentencePiece model file says, as far as encoding needs it. */
export interface SentencePieceModel {
  /** Pieces with their scores (log probabilities); a piece's place is its id. */
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  readonly unknownId: number;
  /** Ids of control pieces such as `</s>`; text never turns into them. */
  readonly controlIds: readonly number[];
}

/** Field numbers of sentencepiece_model.proto (https://github.com/google/sentencepiece). */
const MODEL_PIECES = 1;
const MODEL_TRAINER = 2;
const PIECE_TEXT = 1;
const PIECE_SCORE = 2;
const PIECE_TYPE = 3;
const TRAINER_MODEL_TYPE = 3;
const TYPE_UNKNOWN = 2;
const TYPE_CONTROL = 3;
const MODEL_TYPE_UNIGRAM = 1;

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/**
 * Reads a spiece.model file with a Unigram model, as T5's is.
 * @throws AiprodError 'bad-weights' when the bytes are malformed, 'unsupported-model' for other kinds of models
 */
export function readSentencePieceModel(bytes: Uint8Array, where: string): SentencePieceModel {
  const pieces: [string, number][] = [];
  const controlIds: number[] = [];
  let unknownId: number | undefined;
  for (const { number, value } of fieldsOf(bytes, where)) {
    if (!(value instanceof Uint8Array)) continue;
    if (number === MODEL_PIECES) {
      const { text, score, type } = readPiece(value, where);
      if (type === TYPE_UNKNOWN) unknownId = pieces.length;
      if (type === TYPE_CONTROL) controlIds.push(pieces.length);
      pieces.push([text, score]);
    } else if (number === MODEL_TRAINER) {
      const modelType = [...fieldsOf(value, where)].find((field) => field.number === TRAINER_MODEL_TYPE)?.value ?? MODEL_TYPE_UNIGRAM;
      if (modelType !== MODEL_TYPE_UNIGRAM) {
        throw new AiprodError('unsupported-model', 'this kind of SentencePiece model cannot be read', {
          where,
          expected: 'a Unigram model',
          found: `model type ${String(modelType)}`,
          hint: 'Put the tokenizer.json of the same model beside it',
        });
      }
    }
  }
  if (unknownId === undefined) throw malformed(where, 'an <unk> piece', `${pieces.length} pieces without one`);
  return { pieces, unknownId, controlIds };
}

function readPiece(bytes: Uint8Array, where: string): { text: string; score: number; type: number } {
  let text = '';
  let score = 0;
  let type = 1;
  for (const { number, value } of fieldsOf(bytes, where)) {
    if (number === PIECE_TEXT && value instanceof Uint8Array) text = new TextDecoder().decode(value);
    else if (number === PIECE_SCORE && typeof value === 'number') score = value;
    else if (number === PIECE_TYPE && typeof value === 'number') type = value;
  }
  return { text, score, type };
}

/** Fields of a protobuf message in order (https://protobuf.dev/programming-guides/encoding): varints, f32 and bytes. */
function* fieldsOf(bytes: Uint8Array, where: string): Generator<Field, void, undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (length: number): number => {
    const start = at;
    at += length;
    if (at > bytes.length) throw malformed(where, 'a whole protobuf message', 'one that is cut off');
    return start;
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[take(1)];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw malformed(where, 'a varint of ten bytes or fewer', 'a longer one');
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) yield { number, value: varint() };
    else if (wireType === 1) take(8);
    else if (wireType === 5) yield { number, value: view.getFloat32(take(4), true) };
    else if (wireType === 2) {
      const length = varint();
      const start = take(length);
      yield { number, value: bytes.subarray(start, start + length) };
    } else throw malformed(where, 'wire type 0, 1, 2 or 5', `${wireType}`);
  }
}

function malformed(where: string, expected: string, found: string): AiprodError {
  return new AiprodError('bad-weights', 'the SentencePiece model is malformed', {
    where,
    expected,
    found,
    hint: 'Download the file again',
  });
}
