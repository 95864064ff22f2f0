export { connectGenerator, type GeneratorConnection } from './generator-connection';
export type { ModelListing, PickedFolder } from './model-library';
