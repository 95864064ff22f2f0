/** What of configurations runs in browsers too: versions of documents and their migrations. */
export { migrateDocument, type Migration, type VersionedDocument } from './migrations';
export { isMapping, type Settings } from './settings';
