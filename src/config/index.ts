/** Configurations in files: inheritance, overrides by the environment, versions, secrets by reference. Node only. */
export { parseByteSize } from './byte-size';
export { describeConfig } from './describe';
export { readSettings } from './document';
export { loadConfig, type ConfigKind, type LoadedConfig } from './load-config';
export { migrateDocument, type Migration } from './migrations';
export { isMapping, type Settings } from './settings';
export { maskedSecret, SecretReference, secretReference } from './secret';
