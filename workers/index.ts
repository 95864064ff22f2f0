export { connectGenerator, type GeneratorConnection } from './generator-connection';
export type { ModelListing, PickedFolder } from './model-library';
export type { OwnSound } from './own-media';
