import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { AiprodError } from '../errors';
import { isMapping, type Settings } from './settings';

/**
 * Reads a file of settings: YAML, of which JSON is a part.
 * @param hint what to do where there is no such file
 * @throws AiprodError 'bad-input' when it cannot be read, is not YAML or holds something else than a mapping.
 */
export async function readSettings(path: string, hint: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new AiprodError('bad-input', 'the config file cannot be read', { where: path, hint }, { cause });
  }
  const value = parseSettingsText(text, path) ?? {};
  if (isMapping(value)) return value;
  throw new AiprodError('bad-input', 'the config file holds no options', {
    where: path,
    expected: 'a mapping from option names to values',
  });
}

/** @param where for messages */
export function parseSettingsText(text: string, where: string): unknown {
  try {
    // Aliases are bounded by the parser against documents that explode.
    return parseYaml(text, { maxAliasCount: 100 });
  } catch (cause) {
    throw new AiprodError(
      'bad-input',
      `the config file is not valid: ${cause instanceof Error ? cause.message : String(cause)}`,
      { where },
      { cause },
    );
  }
}
