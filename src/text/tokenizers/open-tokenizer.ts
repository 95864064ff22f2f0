import { z } from 'zod';
import { AiprodError } from '../../errors';
import { t5SentencePieceTokenizer } from './t5-sentencepiece';
import { jsonTokenDecoder, jsonTokenizer } from './tokenizer-json';
import type { Tokenizer } from './tokenizer';
import { wordsTokenizer } from './words';

/** The files of a tokenizer folder. */
export interface TokenizerFiles {
  /** Name for messages. */
  readonly name: string;
  /** A file's text, or undefined when it is not there. */
  readText(file: string): Promise<string | undefined>;
  /** A file's bytes, or undefined when it is not there. */
  readBytes(file: string): Promise<Uint8Array | undefined>;
}

const wordsConfigSchema = z.looseObject({ model_max_length: z.number().int().min(1).max(100_000) });

/**
 * Opens the tokenizer of a model folder: vocab.json with a list of words, tokenizer.json, or T5's spiece.model.
 * @throws AiprodError 'bad-weights' when none is there or one is malformed.
 */
export async function openTokenizer(files: TokenizerFiles): Promise<Tokenizer> {
  const configText = await files.readText('tokenizer_config.json');
  const config = configText === undefined ? {} : parseJson(configText, `${files.name}/tokenizer_config.json`);
  // The word list first: a server that cannot be listed is asked for the fewest absent files with the embedded model.
  const words = await files.readText('vocab.json');
  if (words !== undefined) {
    const where = `${files.name}/vocab.json`;
    const vocabulary = parseJson(words, where);
    // Byte-level BPE folders have a vocab.json too, an object beside tokenizer.json.
    if (Array.isArray(vocabulary)) {
      const parsed = wordsConfigSchema.safeParse(config);
      if (!parsed.success) {
        throw new AiprodError('bad-weights', 'the tokenizer config lacks the prompt length', {
          where: `${files.name}/tokenizer_config.json`,
          expected: 'model_max_length, a whole number of tokens',
          found: parsed.error.issues[0].message,
        });
      }
      return wordsTokenizer(vocabulary, parsed.data.model_max_length, where);
    }
  }
  const json = await files.readText('tokenizer.json');
  if (json !== undefined) return jsonTokenizer(parseJson(json, `${files.name}/tokenizer.json`), config, `${files.name}/tokenizer.json`);
  const pieces = await files.readBytes('spiece.model');
  if (pieces !== undefined) return t5SentencePieceTokenizer(pieces, config, `${files.name}/spiece.model`);
  throw new AiprodError('bad-weights', 'there is no tokenizer that can be read', {
    where: files.name,
    expected: 'tokenizer.json, spiece.model, or vocab.json with a list of words',
    found: 'none of them',
    hint: 'Check that the download is complete',
  });
}

/**
 * What turns ids into text, special tokens left out, by tokenizer.json.
 * @throws AiprodError 'bad-weights' when it is not there or malformed.
 */
export async function openTokenDecoder(files: TokenizerFiles): Promise<(ids: readonly number[]) => string> {
  const where = `${files.name}/tokenizer.json`;
  const [json, configText] = await Promise.all([files.readText('tokenizer.json'), files.readText('tokenizer_config.json')]);
  if (json === undefined) {
    throw new AiprodError('bad-weights', 'there is no tokenizer that can be read', {
      where: files.name,
      expected: 'tokenizer.json',
      found: 'none',
      hint: 'Check that the download is complete',
    });
  }
  const config = configText === undefined ? {} : parseJson(configText, `${files.name}/tokenizer_config.json`);
  return jsonTokenDecoder(parseJson(json, where), config, where);
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError('bad-weights', 'the file is not JSON', { where, found, hint: 'Download the tokenizer files again' }, { cause });
  }
}
