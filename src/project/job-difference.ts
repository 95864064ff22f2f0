import type { Job } from '../pipelines';

/** A setting that differs between two jobs. */
export interface JobChange {
  readonly field: keyof Job;
  /** For people; absent where the setting was not there. */
  readonly before?: string;
  readonly after?: string;
  /** Words of a prompt that were taken away, and those that came; only of texts. */
  readonly words?: { readonly removed: readonly string[]; readonly added: readonly string[] };
}

/** Settings that say nothing of what is made. */
const unsaid: ReadonlySet<string> = new Set(['version', 'preset']);
/** What people look for first. */
const first: readonly (keyof Job)[] = [
  'prompt',
  'negativePrompt',
  'model',
  'pipeline',
  'seed',
  'width',
  'height',
  'frames',
  'steps',
  'guidanceScale',
];

/** What changed from one job to another, the settings that people look for first in front. */
export function jobDifference(before: Job, after: Job): JobChange[] {
  const names = [...new Set([...first, ...fieldsOf(before), ...fieldsOf(after)])];
  return names.flatMap((field): JobChange[] => {
    if (unsaid.has(field)) return [];
    const [was, is] = [text(before[field]), text(after[field])];
    if (was === is) return [];
    const change: JobChange = { field, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) };
    return [field === 'prompt' || field === 'negativePrompt' ? { ...change, words: changedWords(was ?? '', is ?? '') } : change];
  });
}

function fieldsOf(job: Job): (keyof Job)[] {
  const isField = (name: string): name is keyof Job => Object.hasOwn(job, name);
  return Object.keys(job).filter(isField);
}

/** A setting as text, equal for equal settings; empty lists and texts are none. */
function text(value: Job[keyof Job]): string | undefined {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return undefined;
  return typeof value === 'object' ? JSON.stringify(sorted(value)) : String(value);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, sorted(inner)]));
}

/** A word, without the marks around it: a comma that moves is no change. */
const word = /[\p{L}\p{N}\p{M}\p{S}](?:\S*[\p{L}\p{N}\p{M}\p{S}])?/gu;

/** Words that only one of two texts has, by a longest common subsequence (Hunt and McIlroy 1976). */
function changedWords(before: string, after: string): NonNullable<JobChange['words']> {
  const [a, b] = [before, after].map((value) => value.match(word) ?? []);
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i][j] = a[i] === b[j] ? longest[i + 1][j + 1] + 1 : Math.max(longest[i + 1][j], longest[i][j + 1]);
    }
  }
  const removed: string[] = [];
  const added: string[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) [i, j] = [i + 1, j + 1];
    else if (j === b.length || (i < a.length && longest[i + 1][j] >= longest[i][j + 1])) removed.push(a[i++]);
    else added.push(b[j++]);
  }
  return { removed, added };
}
