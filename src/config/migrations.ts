import { AiprodError } from '../errors';
import type { Settings } from './settings';

/** Brings settings of one version to the next. */
export interface Migration {
  /** @throws AiprodError 'bad-input' for settings that have no place in the next version */
  apply(values: Settings, where: string): { readonly values: Settings; readonly notes: readonly string[] };
}

/** What is brought to the latest version, in words for its messages. */
export interface VersionedDocument {
  /** `config file`, `project`. */
  readonly name: string;
  readonly where: string;
  /** What to do about one that is newer than this program. */
  readonly hint: string;
}

/**
 * Brings a document to the latest version, which is one more than there are migrations; one that says none is of version 1.
 * @throws AiprodError 'bad-input' for a version that this program does not know.
 */
export function migrateDocument(
  document: Settings,
  migrations: readonly Migration[],
  { name, where, hint }: VersionedDocument,
): { readonly values: Settings; readonly notes: readonly string[] } {
  const latest = migrations.length + 1;
  const version = document.version ?? 1;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1 || version > latest) {
    throw new AiprodError('bad-input', `the ${name} is of an unknown version`, {
      where,
      expected: latest === 1 ? 'version: 1' : `version: 1 to ${latest}`,
      found: JSON.stringify(version),
      hint,
    });
  }
  let values: Settings = document;
  const notes: string[] = [];
  for (const migration of migrations.slice(version - 1)) {
    const next = migration.apply(values, where);
    values = next.values;
    notes.push(...next.notes);
  }
  return { values: { ...values, version: latest }, notes };
}
