/** Text to what a model reads. */
export * from './tokenizers';
