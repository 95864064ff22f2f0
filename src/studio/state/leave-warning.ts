import type { StoreApi } from 'zustand/vanilla';
import type { StudioState } from './studio-store';

type Work = Pick<StudioState, 'run' | 'exports' | 'conversion' | 'clipsToKeep' | 'unkept' | 'saving' | 'lasting'>;

/**
 * Whether work would be lost if the page were left now: a run, an export or a conversion that is at work, a clip or edits that are not kept yet.
 * @param ownsPage where nothing is kept over visits, all that was done is lost with the page; a host keeps it in ways of its own
 */
export function leavingLosesWork({ run, exports, conversion, clipsToKeep, unkept, saving, lasting }: Work, ownsPage: boolean): boolean {
  if (run.status === 'running' || exports.some(({ state }) => state.status === 'running')) return true;
  // What is only offered has cost nothing yet.
  if (conversion !== undefined && conversion.status !== 'offered') return true;
  if (clipsToKeep > 0 || unkept !== undefined) return true;
  if (lasting === false) return ownsPage && saving.status !== 'untouched';
  return saving.status === 'pending' || saving.status === 'failed';
}

/**
 * Lets the browser ask before the page is left, while that loses work. Only then does anything listen: a page with such a listener is not
 * kept for going back to.
 * @returns what ends it
 */
export function warnBeforeLeaving(
  store: Pick<StoreApi<Work>, 'getState' | 'subscribe'>,
  ownsPage: boolean,
  page: Pick<Window, 'addEventListener' | 'removeEventListener'> = window,
): () => void {
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
  let asks = false;
  const follow = (state: Work): void => {
    const loses = leavingLosesWork(state, ownsPage);
    if (loses === asks) return;
    asks = loses;
    if (loses) page.addEventListener('beforeunload', ask);
    else page.removeEventListener('beforeunload', ask);
  };
  follow(store.getState());
  const end = store.subscribe(follow);
  return () => {
    end();
    page.removeEventListener('beforeunload', ask);
  };
}
