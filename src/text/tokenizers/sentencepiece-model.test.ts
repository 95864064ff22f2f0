import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { memorySource, openSafetensors, toFloat32 } from '../../weights';
import { bytePieces, spieceModel, type SpieceOptions, type TypedPiece } from '../testing';
import { encodePrompt, ggufTokenizer, t5SentencePieceTokenizer } from './index';
import { readSentencePieceModel } from './sentencepiece-model';

const golden = (file: string): string => fileURLToPath(new URL(`../../../fixtures/golden/tokenizer_unigram_tiny/${file}`, import.meta.url));
const tokenizerSchema = z.object({ model: z.object({ vocab: z.array(z.tuple([z.string(), z.number()])) }) });
const caseSchema = z.object({ params: z.object({ prompts: z.array(z.string()) }) });

/** The pieces of the reference's tiny Unigram model; pad and end are control pieces. */
async function tinyPieces(): Promise<TypedPiece[]> {
  const { model } = tokenizerSchema.parse(JSON.parse(await readFile(golden('tokenizer.json'), 'utf8')));
  return model.vocab.map(([text, score], id) => [text, score, id < 2 ? 3 : id === 2 ? 2 : 1]);
}

/** Their spiece.model, with more pieces behind them. */
async function tinyModel({ more = [], ...options }: SpieceOptions & { readonly more?: readonly TypedPiece[] } = {}): Promise<Uint8Array> {
  return spieceModel([...(await tinyPieces()), ...more], options);
}

describe('spiece.model', { timeout: 60_000 }, () => {
  it('writes characters without a piece as bytes, takes user-defined pieces whole, and never an unused one', async () => {
    const more: TypedPiece[] = [...bytePieces, ['<world>', 0, 4], ['cat', 50, 5]];
    const [plain, bytes] = [await tinyModel(), await tinyModel({ more })].map((model) => t5SentencePieceTokenizer(model, { extra_ids: 0 }));
    const first = plain.vocabularySize;
    expect(bytes.vocabularySize).toBe(first + 258);
    const [space] = bytes.encode('a \u{10ffff}').slice(-5);
    expect(bytes.encode('a \u{10ffff}').slice(-4)).toEqual([0xf4, 0x8f, 0xbf, 0xbf].map((byte) => first + byte));
    expect(plain.encode('a \u{10ffff}').slice(-2)).toEqual([space, 2]);
    expect(bytes.encode('a<world>')).toContain(first + 256);
    expect(bytes.encode('a cat')).toEqual(plain.encode('a cat'));
  });

  it('maps characters, begins with a space and joins spaces as the file says', async () => {
    // Fields 3 and 4, both 0: no space before a text, and spaces as they are.
    const own = t5SentencePieceTokenizer(await tinyModel({ rule: 'identity', flags: [3 * 8, 0, 4 * 8, 0] }), {});
    const usual = t5SentencePieceTokenizer(await tinyModel(), {});
    expect(own.encode(' cat')).toEqual(usual.encode('cat'));
    expect(own.encode('cat')).not.toEqual(usual.encode('cat'));
    expect(own.encode('a  cat').length).toBeGreaterThan(own.encode('a cat').length);
    expect(usual.encode('ｃａｔ')).toEqual(usual.encode('cat'));
    expect(own.encode('ｃａｔ')).not.toEqual(own.encode('cat'));
    await expect(tinyModel({ rule: 'nmt_nfkc_cf' }).then((model) => t5SentencePieceTokenizer(model, {}))).rejects.toThrow(/lower case/);
  });

  it('is the same tokenizer from the metadata of a GGUF file', async () => {
    const pieces = [...(await tinyPieces()), ...bytePieces, ['[PAD600]', -10_000, 5] as const];
    const values = new Map<string, unknown>([
      ['tokenizer.ggml.model', 't5'],
      ['tokenizer.ggml.tokens', pieces.map(([text]) => text)],
      ['tokenizer.ggml.scores', pieces.map(([, score]) => score)],
      ['tokenizer.ggml.token_type', pieces.map(([, , type]) => type)],
      ['tokenizer.ggml.precompiled_charsmap', [0]],
    ]);
    const fromFile = ggufTokenizer(values, 'umt5.gguf');
    const expected = t5SentencePieceTokenizer(await tinyModel({ more: bytePieces }), { extra_ids: 0 });
    const { params } = caseSchema.parse(JSON.parse(await readFile(golden('case.json'), 'utf8')));
    for (const prompt of params.prompts) expect(fromFile?.encode(prompt), prompt).toEqual(expected.encode(prompt));
    expect(fromFile?.vocabularySize).toBe(pieces.length);
    expect(ggufTokenizer(new Map(), 'plain.gguf')).toBeUndefined();
    expect(() => ggufTokenizer(new Map([['tokenizer.ggml.model', 'gpt2']]), 'x')).toThrow(/expected t5; found gpt2/);
    expect(() => ggufTokenizer(new Map([...values, ['tokenizer.ggml.scores', [1]]]), 'x')).toThrow(/scores and types/);
    expect(() => ggufTokenizer(new Map([...values, ['tokenizer.ggml.token_type', pieces.map(() => 9)]]), 'x')).toThrow(/types from 1 to 6/);
  });

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
    const other = await tinyModel({ modelType: 2 });
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
