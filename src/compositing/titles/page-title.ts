/** Titles in a page or worker: fonts are fetched from where the page's scripts lie, each when a letter first asks for it. */
import { AiprodError } from '../../errors';
import { createTitleDrawer, type TitleDrawer } from './draw-title';

export const pageTitleDrawer = (): TitleDrawer =>
  createTitleDrawer(async (family, file) => {
    const { addressOf } = await import('./font-addresses');
    const failure = (cause: unknown): AiprodError =>
      new AiprodError(
        'network-failure',
        'the letters of a title could not be fetched',
        { found: String(cause), where: file, hint: 'Go online once: letters that were shown before are kept' },
        { cause },
      );
    const response = await fetch(addressOf(family, file)).catch((error: unknown) => {
      throw failure(error);
    });
    if (!response.ok) throw failure(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  });
