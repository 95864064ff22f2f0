/** The studio as a React component (18.2 or newer). Styles are imported apart: `aiprod-studio/style.css`. */
export { AiprodStudio, type AiprodStudioProps, type ProjectChange } from './AiprodStudio';
export type { StudioApi } from './api';
export type { GenerateSettings } from './generate';
export type { ExportOptions } from './export-options';
export type { HostModel, StudioModels } from './models';
export type { StudioWorker, WorkerOptions } from './workers';
export type { ModelFiles } from '../../workers';
export { AiprodError, type ErrorCode } from '../errors';
export type { Project } from '../project';
export {
  locales,
  memoryStorage,
  opfsStorage,
  type Language,
  type Locale,
  type MessageTree,
  type PickExport,
  type StudioStorage,
  type StudioUi,
  type Theme,
  type Workspace,
} from '../studio';
