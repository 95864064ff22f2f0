import type { z } from 'zod';
import { AiprodError } from '../errors';
import { nearestNames } from '../weights';
import { readWithParents } from './inherit';
import { knownNames } from './known-names';
import { environmentLayers, mergeLayers, type MergedSettings } from './layers';
import type { Migration } from './migrations';

/** A kind of configuration. */
export interface ConfigKind<Schema extends z.ZodType> {
  /** For messages: `training configuration`. */
  readonly title: string;
  readonly schema: Schema;
  /** From version 1 on. */
  readonly migrations: readonly Migration[];
  /** What environment variables that override settings begin with, `AIPROD_TRAIN` of `AIPROD_TRAIN__SEED`. */
  readonly environmentPrefix: string;
}

/** A configuration that was read, checked and completed. */
export interface LoadedConfig<Settings> extends MergedSettings {
  readonly settings: Settings;
  /** Absolute paths of the files it was read from. */
  readonly files: readonly string[];
  /** What is worth saying: how files of earlier versions were understood. */
  readonly notes: readonly string[];
}

/**
 * Reads a configuration: the file over what it extends, environment variables over both.
 * @throws AiprodError 'bad-input' that names every setting that is wrong, where it comes from, and for unknown ones the nearest known.
 */
export async function loadConfig<Schema extends z.ZodType>(
  path: string,
  kind: ConfigKind<Schema>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LoadedConfig<z.output<Schema>>> {
  const { layers, files, notes } = await readWithParents(path, kind.migrations);
  const merged = mergeLayers([...layers, ...environmentLayers(kind.environmentPrefix, environment)]);
  const parsed = kind.schema.safeParse(merged.values);
  if (parsed.success) return { ...merged, settings: parsed.data, files, notes };
  const problems = parsed.error.issues.flatMap((issue) => describeIssue(issue, kind.schema, merged));
  throw new AiprodError('bad-input', `the ${kind.title} is not valid: ${problems.join('; ')}`, { where: path });
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType, merged: MergedSettings): string[] {
  const { path } = issue;
  if (issue.code !== 'unrecognized_keys') {
    const name = path.map(String).join('.');
    return [`${name === '' ? '' : `${name}: `}${issue.message}${from(merged, name)}`];
  }
  return issue.keys.map((key) => {
    const name = [...path, key].map(String).join('.');
    const known = knownNames(schema, path);
    const [nearest] = nearestNames(key, known);
    const meant = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${[...path, nearest].map(String).join('.')}?`;
    return `there is no setting ${name}${from(merged, name)}: ${meant}`;
  });
}

/** Where a setting comes from; of a mapping, where its first one does. */
function from({ sources }: MergedSettings, name: string): string {
  const found = sources.get(name) ?? [...sources].find(([known]) => known.startsWith(`${name}.`))?.[1];
  return found === undefined ? '' : ` (from ${found})`;
}
