/** Formats that are not read here and that a converter may read, by their first bytes; endings lie. */
import { latin1Text } from './recipe';

/** Bytes that `foreignFormat` looks at: three packets of the longer kind of transport stream. */
export const FOREIGN_BYTES = 3 * 192;

/** What a format begins with, and what stands at byte 8; by its own name, which is the same in every language. */
const BEGINNINGS: readonly (readonly [name: string, beginning: string, atEight?: string])[] = [
  ['AVI', 'RIFF', 'AVI '],
  // A pack (ISO/IEC 13818-1, section 2.5.3.3), a sequence (13818-2, section 6.2.2).
  ['MPEG', '\0\0\x01\xba'],
  ['MPEG', '\0\0\x01\xb3'],
  // Advanced Systems Format, section 3.1: identifier of the header.
  ['Windows Media', '\x30\x26\xb2\x75\x8e\x66\xcf\x11'],
  ['Flash Video', 'FLV\x01'],
  // SMPTE ST 377-1, annex: the key of a partition pack.
  ['MXF', '\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02'],
  // IEC 61834-2: a header block, of 525 or of 625 lines.
  ['DV', '\x1f\x07\0\x3f'],
  ['DV', '\x1f\x07\0\xbf'],
  ['RealMedia', '.RMF'],
  ['AIFF', 'FORM', 'AIFF'],
  ['AIFF', 'FORM', 'AIFC'],
  ['Core Audio', 'caff\0\x01'],
  ['AC-3', '\x0b\x77'],
  ['AMR', '#!AMR'],
  ['Sun audio', '.snd'],
  ['WavPack', 'wvpk'],
  ["Monkey's Audio", 'MAC '],
];

/** Bytes of a packet, and where the first begins: of MPEG-2, and with a time stamp before each, as cameras and discs have it. */
const TRANSPORT_PACKETS = [
  { size: 188, first: 0 },
  { size: 192, first: 4 },
];
const SYNC_BYTE = 0x47;

/** @param beginning `FOREIGN_BYTES` of a file, or all of it @returns the name of its format; undefined of one that is not known here */
export function foreignFormat(beginning: Uint8Array): string | undefined {
  const text = latin1Text(beginning.subarray(0, FOREIGN_BYTES));
  const [name] = BEGINNINGS.find(([, first, atEight = '']) => text.startsWith(first) && text.startsWith(atEight, 8)) ?? [];
  if (name !== undefined) return name;
  // One byte in 256 is a sync byte by chance; three in their places are not.
  const isTransport = TRANSPORT_PACKETS.some(({ size, first }) =>
    [0, 1, 2].every((packet) => beginning[first + packet * size] === SYNC_BYTE),
  );
  return isTransport ? 'MPEG-TS' : undefined;
}
