/** Styles lay things out by the direction of the text, so that a language written from the right is mirrored: no left, no right. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

const physical = [
  /(^|[\s;{])(margin|padding|border|scroll-margin|scroll-padding)-(left|right)(-\w+)?\s*:/,
  /(^|[\s;{])(left|right)\s*:/,
  /(^|[\s;{])border-(top|bottom)-(left|right)-radius\s*:/,
  /(^|[\s;{])(text-align|float|clear|caption-side)\s*:\s*(left|right)\b/,
  // Four different sides in one: the second is the right, the fourth the left.
  /(^|[\s;{])(margin|padding|inset|border-width)\s*:\s*([^\s;]+|\w+\([^)]*\))\s+([^\s;]+|\w+\([^)]*\))\s+([^\s;]+|\w+\([^)]*\))\s+([^\s;]+|\w+\([^)]*\))\s*;/,
];

export const physicalLines = (css) =>
  css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .split('\n')
    .filter((line) => physical.some((pattern) => pattern.test(line)));

it('finds sides that do not follow the text', () => {
  const css =
    'a { margin-left: 1px; }\nb { inset: 0 1px 2px 3px; }\nc { text-align: right; }\nd { margin-inline: 1px 2px; inset: 0; padding: 1px 2px; }';
  expect(physicalLines(css)).toHaveLength(3);
});

it('no style of the studio has a left or a right', async () => {
  const found = [];
  const styles = (await readdir(join(root, 'src'), { recursive: true })).filter((name) => name.endsWith('.css'));
  expect(styles.length).toBeGreaterThan(20);
  for (const name of styles) {
    for (const line of physicalLines(await readFile(join(root, 'src', name), 'utf8'))) found.push(`${name}: ${line.trim()}`);
  }
  expect(found).toEqual([]);
});
