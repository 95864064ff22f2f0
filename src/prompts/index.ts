/** Prompts: choices in them that a seed draws, what they say, what in them is in doubt, what could be added. Pure, in four languages. */
export { alternativesTo } from './alternatives';
export { doubtKinds, doubtsOf, replaced, type Doubt, type DoubtKind, type Suggestion } from './doubts';
export { enhancePrompt, type Addition, type EnhancedPrompt } from './enhance';
export { languages as promptLanguages, type Language as PromptLanguage } from './lexicons';
export { partKinds, understandPrompt, type PartKind, type PromptPart, type PronounUse, type Understanding } from './understand';
export { embeddedVocabulary, type ModelVocabulary } from './vocabulary';
export { expandPrompt, hasWildcards, type WildcardLists } from './wildcards';
