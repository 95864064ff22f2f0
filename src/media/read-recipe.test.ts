import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { EncodedPacket, EncodedVideoPacketSource } from 'mediabunny';
import { beforeAll, describe, expect, it } from 'vitest';
import { startOutput } from './container';
import { gifDelay, openGifEncoder } from './gif';
import { gifComment, readGifComments } from './gif-blocks';
import { MemorySink } from './memory-sink';
import { crc32 } from '../numeric/crc32';
import { PNG_SIGNATURE, readPngText, withPngText } from './png-text';
import { PNG_RECIPE_KEYWORD, readRecipe } from './read-recipe';
import { asciiBytes, decodeRecipe, encodeRecipe, MAX_RECIPE_BYTES } from './recipe';
import { TEST_RECIPE, testFrame } from './test-clip';
import type { VideoWriterOptions } from './types';

const OPTIONS = { width: 16, height: 16, frameRate: { numerator: 24, denominator: 1 } } as const;

/** A file of ten VP9 packets that no decoder would take; the container does not look inside. */
async function containerFile(format: 'mp4' | 'webm', recipe: unknown): Promise<Uint8Array> {
  const sink = new MemorySink();
  const source = new EncodedVideoPacketSource('vp9');
  const options: VideoWriterOptions = { ...OPTIONS, format, recipe };
  const output = await startOutput(source, sink, options);
  const decoderConfig = { codec: 'vp09.00.10.08', codedWidth: 16, codedHeight: 16 };
  for (let index = 0; index < 10; index++) {
    await source.add(new EncodedPacket(Uint8Array.of(0x82, 0x49, 0x83, index), index === 0 ? 'key' : 'delta', index / 24, 1 / 24), {
      decoderConfig,
    });
  }
  await output.finalize(10);
  await sink.close();
  return sink.bytes;
}

async function gifFile(recipe: unknown): Promise<Uint8Array> {
  const sink = new MemorySink();
  const encoder = await openGifEncoder(sink, { ...OPTIONS, format: 'gif', recipe });
  for (let index = 0; index < 3; index++) await encoder.encode(testFrame(16, 16, index), index);
  await encoder.finish(3);
  return sink.bytes;
}

/** A PNG of one red pixel, put together by hand from the specification. */
function pngFile(recipe: unknown): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Uint8Array => {
    const body = Buffer.concat([asciiBytes(type), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  const header = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0);
  const png = Buffer.concat([
    PNG_SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Uint8Array.of(0, 255, 0, 0))),
    chunk('IEND', new Uint8Array()),
  ]);
  return recipe === undefined ? png : withPngText(png, PNG_RECIPE_KEYWORD, encodeRecipe(recipe));
}

const FILES = {
  mp4: (recipe: unknown) => containerFile('mp4', recipe),
  webm: (recipe: unknown) => containerFile('webm', recipe),
  gif: gifFile,
  png: async (recipe: unknown) => pngFile(recipe),
};

describe.each(['mp4', 'webm', 'gif', 'png'] as const)('%s', (format) => {
  let original: Uint8Array;
  beforeAll(async () => {
    original = await FILES[format](TEST_RECIPE);
  });

  it('gives the recipe back, from bytes and from a Blob', async () => {
    expect(await readRecipe(original)).toEqual(TEST_RECIPE);
    expect(await readRecipe(new Blob([new Uint8Array(original)]))).toEqual(TEST_RECIPE);
  });

  it('is a typed error when it holds none', async () => {
    await expect(readRecipe(await FILES[format](undefined))).rejects.toThrow(/holds no recipe/);
  });

  it('survives every cut', { timeout: 60_000 }, async () => {
    for (let length = 0; length < original.length; length += Math.max(1, Math.floor(original.length / 200)))
      await readOrTypedError(original.subarray(0, length));
  });

  it('survives mutations', { timeout: 60_000 }, async () => {
    const mutation = fc.record({
      at: fc.nat(original.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      insert: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 6 }), async (mutations) => {
        let bytes = Buffer.from(original);
        for (const { at, bytes: change, insert } of mutations)
          bytes = Buffer.concat([bytes.subarray(0, at), change, bytes.subarray(insert ? at : at + change.length)]);
        await readOrTypedError(bytes);
      }),
      { numRuns: 600 },
    );
  });
});

async function readOrTypedError(bytes: Uint8Array): Promise<void> {
  try {
    await readRecipe(bytes);
  } catch (error) {
    expect(error).toMatchObject({ name: 'AiprodError', code: 'bad-input' });
  }
}

it('any JSON comes back, as ASCII', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.string({ unit: 'binary' }), (value, prompt) => {
      const recipe: unknown = JSON.parse(JSON.stringify({ value, prompt }));
      const comment = encodeRecipe(recipe);
      expect(comment).toMatch(/^[ -~]*$/);
      if (comment.includes('"__proto__":')) expect(() => decodeRecipe(comment)).toThrow(expect.objectContaining({ code: 'bad-input' }));
      else expect(decodeRecipe(comment)).toEqual(recipe);
    }),
    { numRuns: 300 },
  );
});

describe('hostile recipes', () => {
  const envelope = (recipe: string): string => `{"generator":"AIPROD Studio","recipeVersion":1,"recipe":${recipe}}`;

  it.each([
    ['too deep', envelope('['.repeat(100_000) + ']'.repeat(100_000))],
    ['too long', envelope(`"${'x'.repeat(MAX_RECIPE_BYTES)}"`)],
    ['a prototype', envelope('{"__proto__":{"admin":true}}')],
    ['cut short', envelope('{"prompt":"x"').slice(0, -3)],
    ['another version', envelope('1').replace('"recipeVersion":1', '"recipeVersion":9')],
    ['not JSON', envelope('NaN')],
  ])('%s is bad-input', (_, text) => {
    expect(() => decodeRecipe(text)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });

  it('a comment of someone else is no recipe', () => {
    expect(decodeRecipe('')).toBeUndefined();
    expect(decodeRecipe('{"generator":"other"}')).toBeUndefined();
    expect(decodeRecipe('made with love')).toBeUndefined();
  });

  it('any text is read or refused, never more', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          decodeRecipe(envelope(text));
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad-input' });
        }
      }),
    );
  });

  it.each(['mp4', 'webm'] as const)('%s: sizes of any kind are refused at once', async (format) => {
    const original = Buffer.from(await containerFile(format, TEST_RECIPE));
    const tags =
      format === 'mp4'
        ? ['moov', 'udta', 'meta', 'ilst', '\xa9cmt', 'data']
        : ['\x18S\x80g', '\x12T\xc3g', 'ss', 'g\xc8', 'E\xa3', 'D\x87'];
    for (const tag of tags) {
      const at = original.lastIndexOf(Buffer.from(tag, 'latin1'));
      expect(at).toBeGreaterThan(0);
      const sizeAt = format === 'mp4' ? at - 4 : at + tag.length;
      for (const size of [
        [0, 0, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 0, 7],
        [0x7f, 0xff, 0xff, 0xff],
        [0xff, 0xff, 0xff, 0xff],
        [1, 0xff, 0xff, 0xff],
      ]) {
        const hostile = Buffer.from(original);
        hostile.set(size, sizeAt);
        await readOrTypedError(hostile);
      }
    }
  });

  it('a PNG chunk that reaches past the end, or with a wrong checksum, is refused', () => {
    const png = Buffer.from(pngFile(TEST_RECIPE));
    const at = png.indexOf('tEXt');
    const long = Buffer.from(png);
    long.writeUInt32BE(0xffffffff, at - 4);
    expect(() => readPngText(long, PNG_RECIPE_KEYWORD)).toThrow(expect.objectContaining({ code: 'bad-input' }));
    const flipped = Buffer.from(png);
    flipped.writeUInt8((flipped[at + 40] ?? 0) ^ 1, at + 40);
    expect(() => readPngText(flipped, PNG_RECIPE_KEYWORD)).toThrow(/checksum/);
  });

  it('another kind of file is bad-input', async () => {
    await expect(readRecipe(new Uint8Array(0))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(readRecipe(asciiBytes('%PDF-1.7 and so on'))).rejects.toMatchObject({ code: 'bad-input' });
  });
});

it('the checksum is that of the PNG specification', () => {
  // IEND of every PNG: AE 42 60 82.
  expect(crc32(asciiBytes('IEND'))).toBe(0xae426082);
  expect(crc32(asciiBytes('123456789'))).toBe(0xcbf43926);
});

it('GIF comments of any length come back', () => {
  const start = Uint8Array.of(...asciiBytes('GIF89a'), 1, 0, 1, 0, 0, 0, 0);
  for (const length of [0, 1, 254, 255, 256, 510, 511, 5000]) {
    const text = 'a'.repeat(length);
    expect(readGifComments(Uint8Array.of(...start, ...gifComment(text), 0x3b))).toEqual([text]);
  }
});

it('GIF delays add up without drift', () => {
  for (const [numerator, denominator] of [
    [8, 1],
    [24, 1],
    [25, 1],
    [30000, 1001],
    [60, 1],
  ] as const) {
    let total = 0;
    let worst = 0;
    for (let index = 0; index < 1000; index++) {
      total += gifDelay(index, { numerator, denominator });
      worst = Math.max(worst, Math.abs(total - ((index + 1) * 100 * denominator) / numerator));
    }
    expect(worst).toBeLessThanOrEqual(0.5);
  }
});
