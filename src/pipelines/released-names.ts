/** Before the name of an outline where models are named: a released model that is asked about and not there. */
export const outlinePrefix = 'outline:';

/** Outlines by name, and what each is, in a sentence. */
export const outlineTitles = {
  'ltx-video-2b': 'LTX-Video 2B 0.9.6 in bf16',
  'ltx-video-13b': 'LTX-Video 13B 0.9.8 in bf16',
  'ltx-2-19b': 'LTX-2 19B in bf16',
  'ltx-2-19b-fp8': 'LTX-2 19B as aiprod models pack makes it in fp8',
  'ltx-2-19b-int4': 'LTX-2 19B as aiprod models pack makes it in int4',
} as const;
export type OutlineName = keyof typeof outlineTitles;
