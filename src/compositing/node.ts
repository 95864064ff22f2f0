/** What composing needs besides in Node: titles, whose fonts are read from disk, and sequences rendered from files there. */
export { nodeTitleDrawer } from './titles/node-title';
export {
  mediaInRange,
  openSequenceRenderer,
  openSequenceSound,
  titlesInRange,
  type RenderOptions,
  type SequenceRenderer,
  type SequenceSound,
} from './render/render-sequence';
