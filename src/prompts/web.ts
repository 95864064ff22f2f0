/** Of prompts what a page needs at once: choices that a seed draws. What a prompt says is read by the rest, which can be loaded later. */
export { expandPrompt, hasWildcards, type WildcardLists } from './wildcards';
