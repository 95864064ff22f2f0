export { Studio, type OfflineState, type StudioProps } from './Studio';
