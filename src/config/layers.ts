import { parseSettingsText } from './document';
import { isMapping, type Settings } from './settings';

/** Settings from one place. */
export interface Layer {
  /** For people: a file's path, or the name of an environment variable. */
  readonly source: string;
  readonly values: Settings;
}

/** Settings of several places, the later over the earlier, and where each came from. */
export interface MergedSettings {
  readonly values: Settings;
  /** By a setting's dotted name. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Mappings are merged key by key; anything else, lists too, is replaced; null takes away what an earlier layer says. */
export function mergeLayers(layers: readonly Layer[]): MergedSettings {
  const values: Record<string, unknown> = {};
  const sources = new Map<string, string>();
  for (const { source, values: own } of layers) mergeInto(values, own, { source, sources, path: [] });
  return { values, sources };
}

interface Place {
  readonly source: string;
  readonly sources: Map<string, string>;
  readonly path: readonly string[];
}

function mergeInto(target: Record<string, unknown>, values: Settings, { source, sources, path }: Place): void {
  for (const [key, value] of Object.entries(values)) {
    const own = [...path, key];
    const name = own.join('.');
    const earlier = target[key];
    if (isMapping(value)) {
      const merged: Record<string, unknown> = isMapping(earlier) ? { ...earlier } : {};
      mergeInto(merged, value, { source, sources, path: own });
      target[key] = merged;
      sources.delete(name);
      continue;
    }
    for (const known of [...sources.keys()]) if (known === name || known.startsWith(`${name}.`)) sources.delete(known);
    if (value === null) Reflect.deleteProperty(target, key);
    else {
      target[key] = value;
      sources.set(name, source);
    }
  }
}

/**
 * One layer for each variable `PREFIX__SECTION__NAME`; names of settings are in lower case, values are read as YAML.
 * @param prefix such as `AIPROD_TRAIN`
 */
export function environmentLayers(prefix: string, environment: Readonly<Record<string, string | undefined>>): Layer[] {
  const start = `${prefix}__`;
  return Object.entries(environment)
    .filter(([name, value]) => name.startsWith(start) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value = '']) => {
      const path = name.slice(start.length).toLowerCase().split('__');
      const parsed: unknown = parseSettingsText(value, name) ?? null;
      return { source: name, values: nested(path, parsed) };
    });
}

function nested([key, ...rest]: readonly string[], value: unknown): Settings {
  return { [key]: rest.length === 0 ? value : nested(rest, value) };
}
