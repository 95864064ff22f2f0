import type { PartKind } from '../understand';

/** A part as a person labelled it. */
export interface LabelledPart {
  readonly kind: PartKind;
  readonly start: number;
  readonly end: number;
  /** Entities: its number in the prompt. Attributes and motions: that of whose they are. */
  readonly entity?: number;
}

export interface LabelledPrompt {
  readonly prompt: string;
  readonly parts: readonly LabelledPart[];
  /** Whether it was kept apart while the reader was written. */
  readonly heldOut: boolean;
}

const kinds: Readonly<Record<string, PartKind>> = {
  ...{ e: 'entity', a: 'attribute', m: 'motion', r: 'relation', t: 'time', c: 'camera', y: 'style', s: 'setting' },
};

/** Reads a file of labelled prompts; see labelled/en.txt for the marks. */
export function readLabelled(text: string): LabelledPrompt[] {
  const prompts: LabelledPrompt[] = [];
  let heldOut = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('# held-out')) heldOut = true;
    if (line.trim() === '' || line.startsWith('#')) continue;
    let prompt = '';
    let from = 0;
    const parts: LabelledPart[] = [];
    for (const match of line.matchAll(/\[([^\]]+)\]([eamrtcys])(\d?)/g)) {
      prompt += line.slice(from, match.index);
      const [whole, words, letter, number] = match;
      const start = prompt.length;
      prompt += words;
      parts.push({ kind: kinds[letter], start, end: prompt.length, ...(number === '' ? {} : { entity: Number(number) }) });
      from = match.index + whole.length;
    }
    prompts.push({ prompt: prompt + line.slice(from), parts, heldOut });
  }
  return prompts;
}
