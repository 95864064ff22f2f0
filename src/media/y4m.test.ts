import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asciiBytes } from './recipe';
import { memorySource } from '../weights';
import { collectFrames } from './frame-range';
import type { DecodedVideo } from './types';
import { openY4m } from './y4m-reader';

const readY4m = async (bytes: Uint8Array): Promise<DecodedVideo> => collectFrames(await openY4m(memorySource(bytes)));

const stream = (header: string, frame: readonly number[], frameLine = 'FRAME'): Uint8Array =>
  Uint8Array.from([...asciiBytes(`${header}\n${frameLine}\n`), ...frame]);

describe('openY4m', () => {
  it('reads what other programs write: no colour space means 4:2:0, lines may have parameters', async () => {
    const bytes = stream('YUV4MPEG2 W2 H2 F30000:1001 Ip A1:1', [235, 16, 81, 81, 90, 240], 'FRAME Xsome');
    const { width, height, frameRate, frames } = await readY4m(bytes);
    expect({ width, height, frameRate }).toEqual({ width: 2, height: 2, frameRate: { numerator: 30000, denominator: 1001 } });
    expect([...(frames[0]?.subarray(8, 12) ?? [])]).toEqual([254, 0, 0, 255]);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['another magic', stream('YUV4MPEG3 W2 H2', [1, 2, 3, 4, 5, 6])],
    ['no width', stream('YUV4MPEG2 H2', [1, 2, 3, 4, 5, 6])],
    ['a huge width', stream('YUV4MPEG2 W99999 H2', [1, 2, 3, 4, 5, 6])],
    ['a negative height', stream('YUV4MPEG2 W2 H-2', [1, 2, 3, 4, 5, 6])],
    ['10 bits', stream('YUV4MPEG2 W2 H2 C420p10', [1, 2, 3, 4, 5, 6])],
    ['a name of Object.prototype', stream('YUV4MPEG2 W2 H2 CtoString', [1, 2, 3, 4, 5, 6])],
    ['a frame cut short', stream('YUV4MPEG2 W2 H2', [1, 2, 3, 4, 5])],
    ['no frame', Uint8Array.from(asciiBytes('YUV4MPEG2 W2 H2\n'))],
    ['no frame line', stream('YUV4MPEG2 W2 H2', [1, 2, 3, 4, 5, 6], 'FRAMES')],
    ['an endless header', new Uint8Array(5000).fill(65)],
  ])('%s is bad-input', async (_, bytes) => {
    await expect(readY4m(bytes)).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('survives mutations', async () => {
    const original = stream(
      'YUV4MPEG2 W4 H2 F24:1 C444 XCOLORRANGE=LIMITED',
      Array.from({ length: 24 }, (_, index) => index * 9),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 5 }),
        async (changes) => {
          const bytes = original.slice();
          for (const [at, value] of changes) bytes[at] = value;
          try {
            await readY4m(bytes);
          } catch (error) {
            expect(error).toMatchObject({ code: 'bad-input' });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
