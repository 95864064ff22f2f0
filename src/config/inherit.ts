import { dirname, resolve } from 'node:path';
import { AiprodError } from '../errors';
import { readSettings } from './document';
import type { Layer } from './layers';
import { migrateDocument, type Migration } from './migrations';
import type { Settings } from './settings';

/** The layers of a file: those of the file that its `extends` names, which may extend another, then its own. */
export interface InheritedLayers {
  readonly layers: readonly Layer[];
  /** Absolute paths of all files, the last the one asked for. */
  readonly files: readonly string[];
  /** What was changed in files of earlier versions. */
  readonly notes: readonly string[];
}

/**
 * Reads a file and what it extends (paths from the file's own folder), each brought to the latest version.
 * @throws AiprodError 'bad-input' for files that extend each other in a circle.
 */
export async function readWithParents(path: string, migrations: readonly Migration[]): Promise<InheritedLayers> {
  return readFrom(path, migrations, []);
}

async function readFrom(path: string, migrations: readonly Migration[], children: readonly string[]): Promise<InheritedLayers> {
  const file = resolve(path);
  if (children.includes(file)) {
    throw new AiprodError('bad-input', 'the config files extend each other in a circle', {
      where: children[0],
      found: [...children, file].join(' extends '),
      hint: 'Let one of them extend nothing',
    });
  }
  const hint = children.length === 0 ? 'Check the path' : `Check \`extends\` in ${children[children.length - 1]}`;
  const { values: migrated, notes } = migrateDocument(await readSettings(file, hint), migrations, {
    ...{ name: 'config file', where: file, hint: 'Use a newer aiprod, or write the file for this one' },
  });
  const { extends: parent, version: _, ...values } = migrated;
  const inherited = await parentOf(parent, file, migrations, [...children, file]);
  return {
    layers: [...inherited.layers, { source: path, values }],
    files: [...inherited.files, file],
    notes: [...inherited.notes, ...notes],
  };
}

async function parentOf(
  parent: Settings[string],
  file: string,
  migrations: readonly Migration[],
  children: readonly string[],
): Promise<InheritedLayers> {
  if (parent === undefined || parent === null) return { layers: [], files: [], notes: [] };
  if (typeof parent === 'string' && parent !== '') return readFrom(resolve(dirname(file), parent), migrations, children);
  throw new AiprodError('bad-input', '`extends` names no file', {
    where: file,
    expected: 'the path of one config file',
    found: JSON.stringify(parent),
  });
}
