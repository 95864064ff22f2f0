export { isOpenLicence, licenceText } from './licence';
export { remoteFileTree } from './remote-tree';
export { defaultHub, hubHeaders, hubOrigin, isHubId, urlOrigin, type OriginOptions, type RemoteModel } from './origins';
export { modelBytes, modelName, modelNameOf, storedPath, type LicenceAcceptance, type ModelManifest } from './manifest';
export { ModelStore, type BegunDownload, type FileCheck, type StoreEntry, type StoreOptions, type StoreProgress } from './store';
export type { StoreFiles } from './store-files';
export { hostStoreFiles, type ModelFiles } from './store-files-host';
