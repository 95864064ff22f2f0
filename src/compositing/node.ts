/** What composing needs besides in Node: titles drawn by sharp. */
export { openTitleDrawer, type TitleDrawer } from './titles/node-title';
