import { AiprodError } from '../../errors';

/** What a piece is for: text turns into normal, user-defined (always whole) and byte pieces (characters without a piece of their own). */
const pieceKinds = ['normal', 'unknown', 'control', 'user-defined', 'unused', 'byte'] as const;
export type PieceKind = (typeof pieceKinds)[number];

export interface SentencePiece {
  readonly text: string;
  /** Log probability. */
  readonly score: number;
  readonly kind: PieceKind;
}

/** What a SentencePiece Unigram model says, as far as encoding needs it. */
export interface SentencePieceModel {
  /** A piece's place is its id; one of them is unknown. */
  readonly pieces: readonly SentencePiece[];
  /** Whether characters are mapped before text is cut (Unicode NFKC and the like). */
  readonly mapsCharacters: boolean;
  /** Whether text begins with a space that it does not have. */
  readonly addsSpace: boolean;
  /** Whether spaces at the ends vanish, and runs of them become one. */
  readonly joinsSpaces: boolean;
}

/** Field numbers of sentencepiece_model.proto (https://github.com/google/sentencepiece). */
const MODEL_PIECES = 1;
const MODEL_TRAINER = 2;
const MODEL_NORMALIZER = 3;
const PIECE_TEXT = 1;
const PIECE_SCORE = 2;
const PIECE_TYPE = 3;
const TRAINER_MODEL_TYPE = 3;
const NORMALIZER_NAME = 1;
const NORMALIZER_ADD_SPACE = 3;
const NORMALIZER_JOIN_SPACES = 4;
const MODEL_TYPE_UNIGRAM = 1;

/** The kind that a piece's type stands for, in SentencePiece and in GGUF: 1 normal, 2 unknown and so on; undefined for another. */
export function pieceKind(type: number): PieceKind | undefined {
  return pieceKinds.at(type - 1 < 0 ? pieceKinds.length : type - 1);
}

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/**
 * Reads a spiece.model file with a Unigram model, as T5's is.
 * @throws AiprodError 'bad-weights' when the bytes are malformed, 'unsupported-model' for other kinds of models
 */
export function readSentencePieceModel(bytes: Uint8Array, where: string): SentencePieceModel {
  const pieces: SentencePiece[] = [];
  // As SentencePiece has it where the file does not say.
  let normalizer = { mapsCharacters: true, addsSpace: true, joinsSpaces: true };
  for (const { number, value } of fieldsOf(bytes, where)) {
    if (!(value instanceof Uint8Array)) continue;
    if (number === MODEL_PIECES) pieces.push(readPiece(value, where));
    else if (number === MODEL_TRAINER) requireUnigram(value, where);
    else if (number === MODEL_NORMALIZER) normalizer = readNormalizer(value, where);
  }
  if (!pieces.some(({ kind }) => kind === 'unknown')) throw malformed(where, 'an <unk> piece', `${pieces.length} pieces without one`);
  return { pieces, ...normalizer };
}

function requireUnigram(trainer: Uint8Array, where: string): void {
  const modelType = [...fieldsOf(trainer, where)].find((field) => field.number === TRAINER_MODEL_TYPE)?.value ?? MODEL_TYPE_UNIGRAM;
  if (modelType === MODEL_TYPE_UNIGRAM) return;
  throw new AiprodError('unsupported-model', 'this kind of SentencePiece model cannot be read', {
    where,
    expected: 'a Unigram model',
    found: `model type ${String(modelType)}`,
    hint: 'Put the tokenizer.json of the same model beside it',
  });
}

function readNormalizer(bytes: Uint8Array, where: string): Omit<SentencePieceModel, 'pieces'> {
  const fields = new Map([...fieldsOf(bytes, where)].map(({ number, value }) => [number, value]));
  const name = fields.get(NORMALIZER_NAME);
  const rule = name instanceof Uint8Array ? new TextDecoder().decode(name) : '';
  if (rule.endsWith('_cf')) {
    throw new AiprodError('unsupported-model', 'this SentencePiece model makes text lower case, which is not built', {
      where,
      expected: 'identity, nfkc or nmt_nfkc',
      found: rule,
      hint: 'Put the tokenizer.json of the same model beside it',
    });
  }
  return {
    mapsCharacters: rule !== 'identity',
    addsSpace: fields.get(NORMALIZER_ADD_SPACE) !== 0,
    joinsSpaces: fields.get(NORMALIZER_JOIN_SPACES) !== 0,
  };
}

function readPiece(bytes: Uint8Array, where: string): SentencePiece {
  let text = '';
  let score = 0;
  let type = 1;
  for (const { number, value } of fieldsOf(bytes, where)) {
    if (number === PIECE_TEXT && value instanceof Uint8Array) text = new TextDecoder().decode(value);
    else if (number === PIECE_SCORE && typeof value === 'number') score = value;
    else if (number === PIECE_TYPE && typeof value === 'number') type = value;
  }
  const kind = pieceKind(type);
  if (kind === undefined) throw malformed(where, `a piece of type 1 to ${pieceKinds.length}`, `type ${type}`);
  return { text, score, kind };
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
