export { connectGenerator, type GeneratorConnection } from './generator-connection';
export type { ModelListing, PickedFolder } from './model-library';
export { connectEditor, type EditorConnection } from './editor-connection';
export type { ExportProgress, ExportSettings } from './editor/export-sequence';
export type { ExportTarget } from './editor/export-target';
export type { MediaFacts } from './editor/describe';
export type { CacheReport } from './editor/frame-cache';
export type { ShownFrame } from './editor/screen';
export type { OwnPicture, OwnSound } from './own-media';
