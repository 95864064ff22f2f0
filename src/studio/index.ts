export { Studio, type OfflineState, type StudioHandle, type StudioProps } from './Studio';
export type { Language, MessageTree } from './i18n/language';
export { englishReasonAgainst } from './i18n/english-reason';
export { isLocale, locales, type Locale } from './i18n/locales';
export { themes, type Theme } from './preferences/theme';
export { missingSupport, type Problem } from './state/problem';
export type { StudioState } from './state/studio-store';
export { opfsStorage } from './storage/opfs-storage';
export { memoryStorage, type StudioStorage } from './storage/storage';
