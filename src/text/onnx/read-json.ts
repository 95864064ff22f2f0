import { z } from 'zod';
import { AiprodError } from '../../errors';
import type { TokenizerFiles } from '../tokenizers';

/**
 * What a JSON file of a folder says; undefined where it is not there.
 * @throws AiprodError 'bad-weights' when it is not JSON
 */
export async function jsonOf(files: TokenizerFiles, file: string): Promise<unknown> {
  const text = await files.readText(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AiprodError('bad-weights', 'the file is not JSON', { where: `${files.name}/${file}`, hint: 'Download it again' }, { cause });
  }
}

/**
 * A JSON file of a folder by its schema; undefined where it is not there.
 * @throws AiprodError 'bad-weights' when it is not what it should be
 */
export async function readJson<Schema extends z.ZodType>(
  files: TokenizerFiles,
  file: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const value = await jsonOf(files, file);
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AiprodError('bad-weights', 'the file says what cannot be', {
    where: `${files.name}/${file}`,
    found: z.prettifyError(parsed.error),
    hint: 'Download it again',
  });
}
