import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AiprodError } from '../../errors';
import { memorySource, type ByteSource } from '../../weights';
import { readOnnxInterface } from './onnx-interface';

const model = readFileSync(new URL('../../../fixtures/onnx-encoder/model.onnx', import.meta.url));

/** A field of a protocol buffer: a number, or a length and bytes. */
function field(number: number, value: number | Uint8Array): number[] {
  const varint = (rest: number): number[] => (rest < 128 ? [rest] : [(rest % 128) + 128, ...varint(Math.floor(rest / 128))]);
  return typeof value === 'number' ? [number * 8, ...varint(value)] : [number * 8 + 2, ...varint(value.length), ...value];
}
const message = (...parts: number[][]): Uint8Array => Uint8Array.from(parts.flat());

describe('what an ONNX file takes and gives', () => {
  it('is read without its weights', async () => {
    let read = 0;
    const whole = memorySource(model);
    const counting: ByteSource = {
      ...whole,
      read(offset, length) {
        read += length;
        return whole.read(offset, length);
      },
    };
    expect(await readOnnxInterface(counting)).toEqual({
      inputs: ['input_ids', 'attention_mask'].map((name) => ({ name, dims: [undefined, undefined] })),
      outputs: [{ name: 'last_hidden_state', dims: [undefined, undefined, 32] }],
    });
    const large = field(5, new Uint8Array(3_000_000));
    const dims = [768].map((size) => field(1, message(field(1, size))));
    const value = message(
      field(1, new TextEncoder().encode('states')),
      field(2, message(field(1, message(field(1, 1), field(2, message(...dims)))))),
    );
    const padded = memorySource(message(field(1, 10), field(7, message(large, large, field(12, value)))));
    read = 0;
    const file = {
      ...counting,
      size: padded.size,
      read: (offset: number, length: number) => ((read += length), padded.read(offset, length)),
    };
    expect((await readOnnxInterface(file)).outputs).toEqual([{ name: 'states', dims: [768] }]);
    expect(read).toBeLessThan(300_000);
  });

  it('is refused in words where the file is damaged, whatever is in it', async () => {
    const refused = async (bytes: Uint8Array): Promise<void> => {
      try {
        await readOnnxInterface(memorySource(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'bad-weights' });
        expect(error).toBeInstanceOf(AiprodError);
      }
    };
    await expect(readOnnxInterface(memorySource(model.subarray(0, 5000)))).rejects.toThrow(/no ONNX model/);
    await expect(readOnnxInterface(memorySource(new Uint8Array()))).rejects.toThrow(/no graph with outputs/);
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), refused), { numRuns: 300 });
    const changed = fc.tuple(fc.nat(model.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(changed, ([at, byte]) => refused(model.map((old, k) => (k === at ? byte : old)))),
      { numRuns: 50 },
    );
  });
});
