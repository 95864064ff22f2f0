/** What composing needs besides in Node: titles drawn by sharp, and sequences rendered from files on disk. */
export { openTitleDrawer, type TitleDrawer } from './titles/node-title';
export { mediaInRange, openSequenceRenderer, renderSound, type RenderOptions, type SequenceRenderer } from './render/render-sequence';
