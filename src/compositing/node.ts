/** What composing needs besides in Node: titles drawn by sharp, and sequences rendered from files on disk. */
export { openTitleDrawer, type TitleDrawer } from './titles/node-title';
export {
  mediaInRange,
  openSequenceRenderer,
  openSequenceSound,
  type RenderOptions,
  type SequenceRenderer,
  type SequenceSound,
} from './render/render-sequence';
