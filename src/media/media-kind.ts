/** What a file is, by its first bytes; endings lie. */
import { PNG_SIGNATURE } from './png-text';
import { latin1Text } from './recipe';

export type ImageKind = 'png' | 'jpeg' | 'webp';
export type MediaKind = ImageKind | 'gif' | 'y4m' | 'container';

/** Bytes that `mediaKind` looks at. */
export const KIND_BYTES = 16;

/** The kind of a file, or undefined when it is none that is read here. `container` is MP4, MOV, WebM or MKV. */
export function mediaKind(beginning: Uint8Array): MediaKind | undefined {
  const text = latin1Text(beginning.subarray(0, KIND_BYTES));
  if (PNG_SIGNATURE.every((byte, at) => beginning[at] === byte)) return 'png';
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp';
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'gif';
  if (text.startsWith('YUV4MPEG2')) return 'y4m';
  if (text.startsWith('\x1aE\xdf\xa3') || /^(ftyp|moov|mdat|wide|free|skip|styp)$/.test(text.slice(4, 8))) return 'container';
  return undefined;
}
