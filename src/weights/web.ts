/** What a page needs of weights that holds none: apart from `index.ts`, so that it does not hold their kernels either. */
export { memorySource, type ByteSource } from './byte-source';
export { nearestNames } from './nearest-names';
export { weightOptions, type WeightOption } from './weight-options';
