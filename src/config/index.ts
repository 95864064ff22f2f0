/** Configurations in files: inheritance, overrides by the environment, versions, secrets by reference. Node only. */
export { parseByteSize } from './byte-size';
export { describeConfig } from './describe';
export { isMapping, readSettings, type Settings } from './document';
export { loadConfig, type ConfigKind, type LoadedConfig } from './load-config';
export type { Migration } from './migrations';
export { maskedSecret, SecretReference, secretReference } from './secret';
