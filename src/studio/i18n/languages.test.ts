import { parse, TYPE, type MessageFormatElement } from '@formatjs/icu-messageformat-parser';
import { describe, expect, it } from 'vitest';
import { completeMessages, english, loadLanguage, type MessageTree } from './language';
import { bestLocale, locales } from './locales';
import { en } from './messages/en';
import { workspaceWords } from './messages/en-workspaces';

const whole = { ...en, ...workspaceWords };

function flat(tree: MessageTree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[`${path}${key}`, value]] : flat(value, `${path}${key}.`),
  );
}

/** What a message takes, and how: arguments with their kind, tags, the choices of a select. */
function takes(message: string): string[] {
  const found = new Set<string>();
  const visit = (elements: readonly MessageFormatElement[]): void => {
    for (const element of elements) {
      if (element.type === TYPE.literal || element.type === TYPE.pound) continue;
      const choices = element.type === TYPE.select ? ` of ${Object.keys(element.options).sort().join(' ')}` : '';
      // A language without a plural may leave it out where the number is not said.
      const kind = element.type === TYPE.number || element.type === TYPE.plural ? 'number' : TYPE[element.type];
      found.add(`${element.value} ${kind}${choices}`);
      if (element.type === TYPE.tag) visit(element.children);
      if (element.type === TYPE.plural || element.type === TYPE.select)
        for (const { value } of Object.values(element.options)) visit(value);
    }
  };
  visit(parse(message));
  return [...found].sort();
}

const others = locales.filter((locale) => locale !== 'en');

describe.each(others)('%s', (locale) => {
  it('has every message of English, and no other', async () => {
    const { messages } = await loadLanguage(locale);
    const keys = (tree: MessageTree): string[] =>
      flat(tree)
        .map(([key]) => key)
        .sort();
    expect(keys(messages)).toEqual(keys(whole));
  });

  it('takes in each message what English takes, and names the plurals that it has', async () => {
    const own = new Map(flat((await loadLanguage(locale)).messages));
    const wrong: string[] = [];
    for (const [key, message] of flat(whole)) {
      const ours = own.get(key);
      if (ours === undefined) continue;
      // What stands between the branches of a plural may be said without it.
      if (takes(ours).join(', ') !== takes(message).join(', '))
        wrong.push(`${key}: ${takes(ours).join(', ')} for ${takes(message).join(', ')}`);
    }
    expect(wrong).toEqual([]);
  });

  it('is a translation: few messages are the same as in English', async () => {
    const own = new Map(flat((await loadLanguage(locale)).messages));
    const same = flat(whole).filter(([key, message]) => own.get(key) === message);
    // Names, formats and symbols are the same everywhere.
    expect(same.length / own.size).toBeLessThan(0.12);
  });
});

it('parses every English message', () => {
  for (const [, message] of flat(whole)) expect(() => parse(message)).not.toThrow();
});

it('shows English for what a language leaves out', () => {
  const { shell } = completeMessages({ tag: 'eo', messages: { shell: { create: 'Krei' } } });
  expect([shell.create, shell.edit]).toEqual(['Krei', en.shell.edit]);
  expect(completeMessages(english)).toEqual(en);
});

it('has the words of workspaces only where they are loaded', () => {
  const sources: Record<string, string> = import.meta.glob('../**/*.tsx', { query: '?raw', import: 'default', eager: true });
  const early = Object.entries(sources).filter(
    ([path, source]) =>
      !/^\.\.\/(edit|training|compare|convert)\//.test(path) &&
      Object.keys(workspaceWords).some((part) => new RegExp(`useTranslations\\('${part}['.]`).test(source)),
  );
  expect(early.map(([path]) => path)).toEqual([]);
});

it('takes the first language that a browser wants and the studio has', () => {
  expect([bestLocale(['pt-BR', 'fr-CA', 'en']), bestLocale(['zh-Hans-CN']), bestLocale(['pt']), bestLocale([])]).toEqual([
    'fr',
    'zh',
    'en',
    'en',
  ]);
});
