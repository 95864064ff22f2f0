/** Chinese characters, which Chinese and Japanese draw each in their way. */
import type { Title } from './clip';

const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const han = /\p{Script=Han}/u;

/** Whether a text has Chinese characters. */
export const hasHan = (text: string): boolean => han.test(text);

/** Whose shapes Chinese characters have in a title: as it says, or Japanese where there is kana. */
export const hanOf = ({ han: said, text }: Pick<Title, 'han' | 'text'>): NonNullable<Title['han']> =>
  said ?? (kana.test(text) ? 'ja' : 'zh');
