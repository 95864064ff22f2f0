import { expect, it } from 'vitest';
import { withLanguageTag } from './load-uplot';

/** A browser that says its language as its prototype does. */
const browserOf = (language: string) =>
  new (class {
    get language(): string {
      return language;
    }
  })();

it('gives a plain language in the place of one that is no tag, only while something is loaded', async () => {
  const odd = browserOf('en-US@posix');
  expect(() => new Intl.NumberFormat(odd.language)).toThrow(RangeError);
  expect(await withLanguageTag(odd, async () => new Intl.NumberFormat(odd.language).format(0.5))).toBe('0.5');
  expect(odd.language).toBe('en-US@posix');
  await expect(withLanguageTag(odd, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  expect(odd.language).toBe('en-US@posix');
  const plain = browserOf('fr-CA');
  expect(await withLanguageTag(plain, async () => plain.language)).toBe('fr-CA');
});
