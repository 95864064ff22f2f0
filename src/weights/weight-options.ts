/**
 * How a person may want weights in GPU memory: as their file keeps them, in the type of the arithmetic (`plain`), or quantised while
 * they are loaded.
 */
export const weightOptions = [
  'as-stored',
  'plain',
  'f16',
  'bf16',
  'fp8_e4m3',
  'fp8_e5m2',
  'int8',
  'int4',
  'q8_0',
  'q4_0',
  'q4_k',
  'q5_k',
  'q6_k',
] as const;
export type WeightOption = (typeof weightOptions)[number];
