export { connectGenerator, type GeneratorConnection } from './generator-connection';
