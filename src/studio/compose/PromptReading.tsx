import { useMemo } from 'react';
import { doubtsOf, embeddedVocabulary, enhancePrompt, understandPrompt } from '../../prompts';
import { PromptParts, type MarkedWords } from './PromptParts';

export interface PromptReadingProps {
  readonly prompt: string;
  /** Whether the built-in model is to draw it, whose words are known. */
  readonly embedded: boolean;
  readonly onMark: (words: MarkedWords | undefined) => void;
}

const vocabularyOf = (embedded: boolean) => (embedded ? embeddedVocabulary : undefined);

/** What is understood of a prompt. Loaded with its dictionaries when there are words to read. */
export function PromptReading({ prompt, embedded, onMark }: PromptReadingProps) {
  const vocabulary = vocabularyOf(embedded);
  const understanding = useMemo(() => understandPrompt(prompt), [prompt]);
  const doubts = useMemo(() => doubtsOf(understanding, vocabulary), [understanding, vocabulary]);
  return <PromptParts {...{ understanding, doubts, vocabulary, onMark }} />;
}

/** A fuller prompt, and the words that were added. */
export function enriched(prompt: string, embedded: boolean): { readonly after: string; readonly added: readonly string[] } {
  const { prompt: after, additions } = enhancePrompt(understandPrompt(prompt), vocabularyOf(embedded));
  return { after, added: additions.map(({ words }) => words) };
}
