/**
 * The comment tag of an MP4 or WebM, read without a demuxer: a recipe may come from a stranger's file, and this walk looks at
 * nothing but sizes and names, moves forward with every step, and believes no count.
 */
import { AiprodError } from '../errors';
import { HEADER_BYTES, parseElementHeader } from './ebml';
import { latin1Text, MAX_RECIPE_BYTES } from './recipe';

/** Where the content of an element lies. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

interface Element extends Span {
  /** Four characters in MP4, the EBML identifier in hexadecimal in WebM. */
  readonly name: string;
}

type Children = (bytes: Uint8Array, parent: Span) => Generator<Element>;

const damaged = (format: string, found: string): AiprodError =>
  new AiprodError('bad-input', `The ${format} file is damaged`, { expected: 'a whole file', found });

/** Boxes of ISO/IEC 14496-12, section 4.2: size and type, then 64 bits of size where the first says 1; 0 is "to the end". */
export function* boxes(bytes: Uint8Array, { start, end }: Span): Generator<Element> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = start; at + 8 <= end;) {
    const name = latin1Text(bytes.subarray(at + 4, at + 8));
    let size = view.getUint32(at);
    let header = 8;
    if (size === 1) {
      if (at + 16 > end) throw damaged('MP4', 'a box cut short');
      size = view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12);
      header = 16;
    }
    if (size === 0) size = end - at;
    if (size < header || at + size > end) throw damaged('MP4', `a box of ${size} bytes with ${end - at} left`);
    yield { name, start: at + header, end: at + size };
    at += size;
  }
}

/** Elements of EBML; one of unknown size reaches to the end of its parent. */
function* elements(bytes: Uint8Array, { start, end }: Span): Generator<Element> {
  for (let at = start; at < end;) {
    const header = parseElementHeader(bytes.subarray(at, Math.min(at + HEADER_BYTES, end)), at);
    if (header === undefined) throw damaged('WebM', 'an element cut short');
    const last = header.end ?? end;
    if (last > end) throw damaged('WebM', `an element of ${last - header.content} bytes with ${end - header.content} left`);
    yield { name: header.id.toString(16), start: header.content, end: last };
    at = last;
  }
}

/** Every element at the end of a path of names. */
export function* along(children: Children, bytes: Uint8Array, parent: Span, [name, ...rest]: readonly string[]): Generator<Span> {
  for (const child of children(bytes, parent)) {
    if (child.name !== name) continue;
    if (rest.length === 0) yield child;
    else yield* along(children, bytes, child, rest);
  }
}

function text(bytes: Uint8Array, { start, end }: Span): string {
  if (end - start > MAX_RECIPE_BYTES) {
    throw new AiprodError('bad-input', 'The comment in the video is too long', {
      expected: `at most ${MAX_RECIPE_BYTES} bytes`,
      found: String(end - start),
    });
  }
  return latin1Text(bytes.subarray(start, end));
}

/** Bytes of version and flags that open a full box, and of type and locale that open a value of metadata. */
const FULL_BOX = 4;
const VALUE_HEADER = 8;

/** Comments (`©cmt`) in the metadata that iTunes, ffmpeg and we write: moov/udta/meta/ilst. Latin-1: a recipe is ASCII. */
export function readMp4Comments(bytes: Uint8Array): string[] {
  const comments: string[] = [];
  for (const meta of along(boxes, bytes, { start: 0, end: bytes.length }, ['moov', 'udta', 'meta'])) {
    for (const value of along(boxes, bytes, { start: meta.start + FULL_BOX, end: meta.end }, ['ilst', '\xa9cmt', 'data'])) {
      comments.push(text(bytes, { start: value.start + VALUE_HEADER, end: value.end }));
    }
  }
  return comments;
}

const SEGMENT = '18538067';
const TAGS = '1254c367';
const TAG = '7373';
const SIMPLE_TAG = '67c8';
const TAG_NAME = '45a3';
const TAG_STRING = '4487';

/** Tags named COMMENT of a WebM or Matroska file (RFC 9559, section 5.1.8). */
export function readWebmComments(bytes: Uint8Array): string[] {
  const comments: string[] = [];
  for (const tag of along(elements, bytes, { start: 0, end: bytes.length }, [SEGMENT, TAGS, TAG, SIMPLE_TAG])) {
    const parts = [...elements(bytes, tag)];
    const name = parts.find((part) => part.name === TAG_NAME);
    const value = parts.find((part) => part.name === TAG_STRING);
    if (name !== undefined && value !== undefined && text(bytes, name) === 'COMMENT') comments.push(text(bytes, value));
  }
  return comments;
}
