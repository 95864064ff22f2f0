/** English, the language that the others are checked against. One file a part of the studio. */
import edits from './en/edits.json';
import shell from './en/shell.json';

export const en = { edits, shell };
export type Messages = typeof en;
