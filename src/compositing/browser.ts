/** What composing needs besides in a browser: titles drawn on canvases. */
export { drawTitle } from './titles/canvas-title';
