import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { memorySource, openSafetensors, toFloat32 } from '../../weights';
import { encodePrompt, t5SentencePieceTokenizer } from './index';
import { readSentencePieceModel } from './sentencepiece-model';

const golden = (file: string): string => fileURLToPath(new URL(`../../../fixtures/golden/tokenizer_unigram_tiny/${file}`, import.meta.url));
const tokenizerSchema = z.object({ model: z.object({ vocab: z.array(z.tuple([z.string(), z.number()])) }) });
const caseSchema = z.object({ params: z.object({ prompts: z.array(z.string()) }) });

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];
}

/** A length-delimited protobuf field. */
function field(number: number, bytes: readonly number[]): number[] {
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

/** A spiece.model with the pieces of the reference's tiny Unigram model; pad and end are control pieces. */
async function tinyModel(modelType = 1): Promise<Uint8Array> {
  const { model } = tokenizerSchema.parse(JSON.parse(await readFile(golden('tokenizer.json'), 'utf8')));
  const pieces = model.vocab.flatMap(([text, score], id) => {
    const type = id < 2 ? 3 : id === 2 ? 2 : 1;
    const bits = [...new Uint8Array(Float32Array.of(score).buffer)];
    return field(1, [...field(1, [...new TextEncoder().encode(text)]), 2 * 8 + 5, ...bits, 3 * 8, type]);
  });
  return Uint8Array.from([...pieces, ...field(2, [3 * 8, modelType]), ...field(3, field(1, [...new TextEncoder().encode('nmt_nfkc')]))]);
}

describe('spiece.model', { timeout: 60_000 }, () => {
  it('gives the same ids as the tokenizer.json with the same pieces, where spaces are single', async () => {
    const tokenizer = t5SentencePieceTokenizer(await tinyModel(), {});
    const { params } = caseSchema.parse(JSON.parse(await readFile(golden('case.json'), 'utf8')));
    const file = await openSafetensors(memorySource(new Uint8Array(await readFile(golden('io.safetensors')))));
    let compared = 0;
    for (const [k, prompt] of params.prompts.entries()) {
      // The tiny tokenizer.json keeps what T5 strips, and has no map for white space that is not a plain space.
      if (/^\s|\s$|\s{2}|[^\S ]|[\u200b\ufeff]|<extra_id/.test(prompt)) continue;
      const { ids, tokenCount } = encodePrompt(tokenizer, prompt, 512);
      expect([...ids.subarray(0, tokenCount)], prompt).toEqual([...toFloat32(await file.readTensor(`out.ids.${k}`))]);
      compared++;
    }
    expect(compared).toBeGreaterThan(40);
    expect(tokenizer.encode('  a  cat ')).toEqual(tokenizer.encode('a cat'));
    expect(tokenizer.encode('<extra_id_0>')).toEqual([tokenizer.vocabularySize - 1]);
  });

  it('refuses other models and damaged files, never with anything but an AiprodError', async () => {
    const model = await tinyModel();
    const other = await tinyModel(2);
    expect(() => readSentencePieceModel(other, 'x')).toThrow(expect.objectContaining({ code: 'unsupported-model' }));
    expect(() => readSentencePieceModel(new Uint8Array(0), 'x')).toThrow(/an <unk> piece/);
    expect(() => readSentencePieceModel(model.subarray(0, model.length - 1), 'x')).toThrow(/cut off/);
    const small = model.subarray(0, 200);
    fc.assert(
      fc.property(fc.nat(199), fc.nat(255), fc.nat(200), (at, value, length) => {
        const mutated = Uint8Array.from(small.subarray(0, length));
        if (at < length) mutated[at] = value;
        try {
          readSentencePieceModel(mutated, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(AiprodError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
