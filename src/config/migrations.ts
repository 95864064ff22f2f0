import { AiprodError } from '../errors';
import type { Settings } from './document';

/** Brings settings of one version to the next. */
export interface Migration {
  /** @throws AiprodError 'bad-input' for settings that have no place in the next version */
  apply(values: Settings, where: string): { readonly values: Settings; readonly notes: readonly string[] };
}

/**
 * Brings settings to the latest version, which is one more than there are migrations; a file that says none is of version 1.
 * @throws AiprodError 'bad-input' for a version that this program does not know.
 */
export function migrateSettings(
  settings: Settings,
  migrations: readonly Migration[],
  where: string,
): { readonly values: Settings; readonly notes: readonly string[] } {
  const latest = migrations.length + 1;
  const version = settings.version ?? 1;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1 || version > latest) {
    throw new AiprodError('bad-input', 'the config file is of an unknown version', {
      where,
      expected: `version: 1 to ${latest}`,
      found: JSON.stringify(version),
      hint: 'Use a newer aiprod, or write the file for this one',
    });
  }
  let values: Settings = settings;
  const notes: string[] = [];
  for (const migration of migrations.slice(version - 1)) {
    const next = migration.apply(values, where);
    values = next.values;
    notes.push(...next.notes);
  }
  return { values: { ...values, version: latest }, notes };
}
