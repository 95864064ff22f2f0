export { Studio, type OfflineState, type StudioHandle, type StudioProps } from './Studio';
export type { Language, MessageTree } from './i18n/language';
export { createCommandRegistry, type Transport } from './commands/registry';
export { englishReasonAgainst } from './i18n/english-reason';
export type { PickExport } from './edit/export/export-state';
/** Apart, for only an export needs it. */
export const loadExportSettings = () => import('./edit/export/export-settings');
export { isLocale, locales, type Locale } from './i18n/locales';
export { themes, type Theme } from './preferences/theme';
export { missingSupport, type Problem } from './state/problem';
export { createStudioStore, type StudioState } from './state/studio-store';
export { shownWorkspaces, type StudioUi } from './state/ui';
export type { Workspace } from './state/workspaces';
export { opfsStorage } from './storage/opfs-storage';
export { memoryStorage, type StudioStorage } from './storage/storage';
