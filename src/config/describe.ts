import { isMapping } from './settings';
import type { LoadedConfig } from './load-config';

/** A configuration for people: every setting with its value, and behind it where it was set; what nothing sets is the default. */
export function describeConfig({ settings, sources }: LoadedConfig<unknown>): string[] {
  const lines: { readonly text: string; readonly source: string }[] = [];
  const visit = (value: unknown, path: readonly string[]): void => {
    for (const [key, own] of Object.entries(isMapping(value) ? value : {})) {
      const indent = '  '.repeat(path.length);
      const name = [...path, key];
      if (!isPlainMapping(own)) lines.push({ text: `${indent}${key}: ${textOf(own)}`, source: sourceOf(sources, name.join('.')) });
      else {
        lines.push({ text: `${indent}${key}:`, source: '' });
        visit(own, name);
      }
    }
  };
  visit(settings, []);
  const width = Math.min(56, Math.max(...lines.map(({ text }) => text.length)));
  return lines.map(({ text, source }) => (source === '' ? text : `${text.padEnd(width)}  # ${source}`));
}

/** A mapping of settings, not an object of some class, such as a secret. */
function isPlainMapping(value: unknown): boolean {
  return isMapping(value) && Object.getPrototypeOf(value) === Object.prototype;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return /^[\w./-][\w ./:,•()-]*$/u.test(value) ? value : JSON.stringify(value);
  return value === undefined ? '' : JSON.stringify(value).replace(/^"(.*)"$/u, '$1');
}

function sourceOf(sources: ReadonlyMap<string, string>, name: string): string {
  return sources.get(name) ?? 'default';
}
