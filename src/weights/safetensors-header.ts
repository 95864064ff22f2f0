import { z } from 'zod';
import { AiprodError } from '../errors';
import { DTYPE_BYTES, isStoredDtype, type StoredDtype, type TensorDtype } from './dtypes';
import { parseStrictJson, shorten } from './strict-json';

/** Where one tensor lies in its file. */
export interface TensorEntry<Dtype extends TensorDtype = TensorDtype> {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Position of the first byte, counted from the start of the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorEntry<StoredDtype>>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The format's own limit on the header, in bytes. */
export const LARGEST_HEADER = 100_000_000;
const MOST_ENTRIES = 200_000;
const HIGHEST_RANK = 16;
const LONGEST_NAME = 1024;

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(size).max(HIGHEST_RANK),
  data_offsets: z.tuple([size, size]),
});
const headerSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.record(z.string(), z.string());

/**
 * Reads the JSON header of a safetensors file (https://github.com/huggingface/safetensors, "Format"): tensors tile the
 * data that follows without holes or overlaps, and each is exactly as long as its shape and type say.
 * @param dataStart position of the data in the file, in bytes; the header ends there
 * @param dataLength bytes from there to the end of the file
 * @throws AiprodError 'bad-weights'
 */
export function parseSafetensorsHeader(bytes: Uint8Array, dataStart: number, dataLength: number, where: string): SafetensorsHeader {
  const text = decodeHeader(bytes, where);
  // Every tensor has three keys of its own.
  const json = parseStrictJson(text, where, { depth: 4, keys: MOST_ENTRIES * 4 });
  const header = headerSchema.safeParse(json);
  if (!header.success) throw refuse(where, 'the header is not a JSON object', 'an object of tensors', describe(json));

  let metadata: Record<string, string> = {};
  const entries: TensorEntry<StoredDtype>[] = [];
  for (const [name, value] of Object.entries(header.data)) {
    if (name === '__metadata__') metadata = readMetadata(value, where);
    else entries.push(readEntry(name, value, dataStart, where));
  }
  if (entries.length > MOST_ENTRIES) throw refuse(where, 'too many tensors', `at most ${MOST_ENTRIES}`, `${entries.length}`);
  checkTiling(entries, dataStart, dataLength, where);
  return { tensors: new Map(entries.map((entry) => [entry.name, entry])), metadata: new Map(Object.entries(metadata)) };
}

function decodeHeader(bytes: Uint8Array, where: string): string {
  if (bytes[0] !== 0x7b) throw refuse(where, 'this is not a safetensors file', 'a header that starts with {', describeByte(bytes[0]));
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refuse(where, 'the header is not text', 'UTF-8', 'other bytes', cause);
  }
}

function readMetadata(value: unknown, where: string): Record<string, string> {
  const parsed = metadataSchema.safeParse(value);
  if (!parsed.success) throw refuse(where, '__metadata__ is malformed', 'an object of strings', describeIssue(parsed.error));
  return parsed.data;
}

function readEntry(name: string, value: unknown, dataStart: number, where: string): TensorEntry<StoredDtype> {
  const label = `tensor ${JSON.stringify(shorten(name))}`;
  if (name.length === 0 || name.length > LONGEST_NAME || /\p{Cc}/u.test(name)) {
    throw refuse(
      where,
      `${label} has a name that is not allowed`,
      `1 to ${LONGEST_NAME} printable characters`,
      `${name.length} characters`,
    );
  }
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) throw refuse(where, `${label} is malformed`, 'dtype, shape and data_offsets', describeIssue(parsed.error));
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  if (!isStoredDtype(dtype)) {
    throw refuse(where, `${label} has an unknown type`, `one of ${Object.keys(DTYPE_BYTES).join(', ')}`, JSON.stringify(shorten(dtype)));
  }
  const [begin, end] = offsets;
  if (end < begin) throw refuse(where, `${label} ends before it begins`, `an end of ${begin} or more`, `${end}`);
  const byteLength = shape.reduce((product, length) => product * length, DTYPE_BYTES[dtype]);
  // A product past 2^53 is no longer exact, so it must not be compared.
  if (
    !shape.every((_, k) => Number.isSafeInteger(shape.slice(0, k + 1).reduce((product, length) => product * length, DTYPE_BYTES[dtype])))
  ) {
    throw refuse(where, `${label} has a shape that overflows`, 'fewer than 2^53 bytes', `[${shape.join(', ')}] of ${dtype}`);
  }
  if (end - begin !== byteLength) {
    throw refuse(where, `${label} has the wrong size`, `${byteLength} bytes for [${shape.join(', ')}] of ${dtype}`, `${end - begin} bytes`);
  }
  return { name, dtype, shape, byteOffset: dataStart + begin, byteLength };
}

/** Tensors in the order of the data must touch, begin at its start and end at its end. */
function checkTiling(entries: readonly TensorEntry[], dataStart: number, dataLength: number, where: string): void {
  const inOrder = [...entries].sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  let expected = dataStart;
  for (const entry of inOrder) {
    if (entry.byteOffset !== expected) {
      const problem = entry.byteOffset < expected ? 'overlaps the one before it' : 'leaves a hole before it';
      const label = `tensor ${JSON.stringify(shorten(entry.name))}`;
      throw refuse(where, `${label} ${problem}`, `a begin of ${expected - dataStart}`, `${entry.byteOffset - dataStart}`);
    }
    expected += entry.byteLength;
  }
  if (expected - dataStart !== dataLength) {
    const isShort = expected - dataStart > dataLength;
    throw refuse(
      where,
      isShort ? 'the file is cut off' : 'the file has bytes that no tensor owns',
      `${expected - dataStart} bytes of data`,
      `${dataLength}`,
    );
  }
}

/** A 'bad-weights' error about a weight file. */
export function refuse(where: string, problem: string, expected: string, found: string, cause?: unknown): AiprodError {
  const hint = 'Download the file again; if it stays so, it was written wrongly';
  return new AiprodError('bad-weights', problem, { where, expected, found, hint }, { cause });
}

function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

function describeByte(byte: number | undefined): string {
  return byte === undefined ? 'an empty header' : `byte 0x${byte.toString(16).padStart(2, '0')}`;
}

function describeIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  return shorten(`${issue.path.map(String).join('.')}: ${issue.message}`);
}
