export { expandPrompt, hasWildcards, type WildcardLists } from './wildcards';
