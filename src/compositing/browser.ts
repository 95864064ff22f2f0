/** What composing needs besides in a browser: titles, whose fonts are fetched. */
export { pageTitleDrawer } from './titles/page-title';
