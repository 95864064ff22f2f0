/** Layers of pictures to one picture: effects, transforms and blend modes on the GPU, and their references on the CPU. */
export type { ColorTable, Composition, Compositor, LayerPicture, PicturedLayer } from './composition';
export { createCompositor } from './compositor';
export { parseCube } from './cube';
export { composeReference } from './reference';
export type { TitleDrawer, TitleWarning } from './titles/draw-title';
