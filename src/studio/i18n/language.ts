import type { Locale } from './locales';
import { en } from './messages/en';

/** Messages by name, in ICU's form; any may be missing. */
export interface MessageTree {
  readonly [key: string]: string | MessageTree;
}

/** A language that the studio can be shown in. A host may bring one of its own; what it leaves out is shown in English. */
export interface Language {
  /** BCP 47: decides how numbers and plurals are written, and is said to screen readers. */
  readonly tag: string;
  readonly direction?: 'ltr' | 'rtl';
  readonly messages: MessageTree;
}

export const english: Language = { tag: 'en', messages: en };

/** Every language but English is loaded when it is chosen. */
const loaders: Record<Exclude<Locale, 'en'>, () => Promise<{ readonly messages: MessageTree }>> = {
  de: () => import('./messages/de'),
  es: () => import('./messages/es'),
  fr: () => import('./messages/fr'),
  ja: () => import('./messages/ja'),
  zh: () => import('./messages/zh'),
};

export async function loadLanguage(locale: Locale): Promise<Language> {
  if (locale === 'en') return english;
  const { messages } = await loaders[locale]();
  return { tag: locale, messages };
}

/** A language's messages, in English where it has none; those of workspaces that are not loaded yet only as far as it has them. */
export function completeMessages({ messages }: Language): MessageTree & typeof en {
  return { ...messages, ...overlay(en, messages) };
}

/** The messages of a whole, in the words of a part where that has them. */
export function overlay<Whole extends MessageTree>(whole: Whole, part: MessageTree): Whole {
  const laid = { ...whole };
  for (const key in whole) {
    const own = part[key];
    const base = whole[key];
    if (own === undefined) continue;
    Object.assign(laid, { [key]: typeof base === 'string' || typeof own === 'string' ? own : overlay(base, own) });
  }
  return laid;
}
