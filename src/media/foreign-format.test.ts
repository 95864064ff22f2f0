import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FOREIGN_BYTES, foreignFormat } from './foreign-format';

const fixtures = new URL('fixtures/', import.meta.url);
const bytesOf = (text: string): Uint8Array => Uint8Array.from({ length: FOREIGN_BYTES }, (_, at) => text.charCodeAt(at) || 0);

describe('foreignFormat', () => {
  it('names files that ffmpeg wrote', () => {
    expect(['steps.mpg', 'steps.avi'].map((name) => foreignFormat(readFileSync(new URL(name, fixtures))))).toEqual(['MPEG', 'AVI']);
  });

  it('names nothing that is read here', () => {
    const read = readdirSync(fixtures).filter((name) => /\.(mp4|webm|gif|png|jpg|webp|flac|mp3|ogg|y4m)$/.test(name));
    expect(read.length).toBeGreaterThan(15);
    for (const name of read) expect(foreignFormat(readFileSync(new URL(name, fixtures))), name).toBeUndefined();
    // WAV and WebP begin as AVI does.
    expect(foreignFormat(bytesOf('RIFF\x24\0\0\0WAVEfmt '))).toBeUndefined();
  });

  it.each([
    ['Windows Media', '\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9'],
    ['Flash Video', 'FLV\x01\x05'],
    ['AIFF', 'FORM\0\0\x10\0AIFF'],
    ['AIFF', 'FORM\0\0\x10\0AIFC'],
    ['DV', '\x1f\x07\0\xbf'],
    ['MXF', '\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02'],
    ['AC-3', '\x0b\x77\x12\x34'],
  ])('knows %s by its first bytes', (name, beginning) => expect(foreignFormat(bytesOf(beginning))).toBe(name));

  it('knows a transport stream by three packets in their places, with and without time stamps', () => {
    const stream = (size: number, first: number): Uint8Array => {
      const bytes = new Uint8Array(FOREIGN_BYTES);
      for (let at = first; at < bytes.length; at += size) bytes[at] = 0x47;
      return bytes;
    };
    expect([stream(188, 0), stream(192, 4), stream(190, 0)].map(foreignFormat)).toEqual(['MPEG-TS', 'MPEG-TS', undefined]);
    expect(foreignFormat(Uint8Array.of(0x47, 0x40))).toBeUndefined();
  });
});
