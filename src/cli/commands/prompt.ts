import { Option, type Command } from 'commander';
import {
  doubtsOf,
  embeddedVocabulary,
  enhancePrompt,
  expandPrompt,
  promptLanguages,
  understandPrompt,
  type PromptLanguage,
} from '../../prompts';
import { oneOf, wholeNumber } from '../option-values';

interface PromptOptions {
  readonly json?: boolean;
  readonly language?: PromptLanguage;
  readonly seed?: number;
  readonly model?: string;
  readonly enhance?: boolean;
}

export function addPrompt(command: Command): void {
  command
    .description('says what a prompt says: entities, attributes, motion, relations, order in time, camera, style, and what is in doubt')
    .argument('<text>', 'the prompt; of {red|blue} the seed draws one')
    .option('--json', 'as one JSON object')
    .addOption(new Option('--language <code>', 'the prompt’s language; found out by default').argParser(oneOf(promptLanguages)))
    .option('--seed <n>', 'decides what is drawn of choices', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--model <name>', 'with embedded, says what that model has not seen')
    .option('--enhance', 'also gives a fuller prompt, and what was added to it')
    .action((text: string, options: PromptOptions) => prompt(text, options));
}

function prompt(text: string, { json = false, language, seed = 0, model, enhance = false }: PromptOptions): void {
  const vocabulary = model === 'embedded' ? embeddedVocabulary : undefined;
  const understanding = understandPrompt(expandPrompt(text, seed), language);
  const doubts = doubtsOf(understanding, vocabulary);
  const enhanced = enhance ? { enhanced: enhancePrompt(understanding, vocabulary) } : {};
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...understanding, doubts, ...enhanced })}\n`);
    return;
  }
  const textOf = (id: number | undefined): string => understanding.parts.find((part) => part.id === id)?.text ?? '';
  const lines = understanding.parts.map(({ kind, text: words, of, to, order }) => {
    const whose = of === undefined ? '' : `  of ${textOf(of)}`;
    const where = to === undefined ? '' : `  to ${textOf(to)}`;
    return `${kind.padEnd(10)} ${words}${whose}${where}${order === undefined ? '' : `  (${order})`}`;
  });
  const doubtLines = doubts.map(({ kind, text: words, suggestions }) => {
    const instead = suggestions.map((suggestion) => suggestion.prompt).join(' | ');
    return `in doubt   ${words}: ${kind}${instead === '' ? '' : `; rather: ${instead}`}`;
  });
  const enhancedLines = 'enhanced' in enhanced && enhanced.enhanced !== undefined ? [`fuller     ${enhanced.enhanced.prompt}`] : [];
  process.stdout.write(`${[...lines, ...doubtLines, ...enhancedLines].join('\n')}\n`);
}
