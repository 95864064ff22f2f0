import { useEffect } from 'react';
import { useStudio, useStudioStore } from '../state/context';
import { takeAddress, takeLaunch, type Launch, type LaunchOptions } from './launches';

/** Not in every browser. */
declare global {
  interface Window {
    readonly launchQueue?: { setConsumer(consumer: (launch: Launch) => void): void };
  }
}

/**
 * Takes what the installed app was started with: files, what another app shares, and the workspace that a shortcut names. It waits until the
 * studio is open, so that what earlier visits kept does not take its place.
 */
export default function LaunchedFiles() {
  const ready = useStudio((state) => state.phase === 'open');
  const store = useStudioStore();
  useEffect(() => {
    if (!ready) return;
    const options: LaunchOptions = { studio: store.getState, base: document.baseURI, caches: () => caches };
    const told = (error: unknown): void => console.warn(`what the app was opened with could not be taken: ${String(error)}`);
    // One after the other: a share or file that comes meanwhile does not get between.
    let taken = takeOwnAddress(options).catch(told);
    window.launchQueue?.setConsumer((launch) => {
      taken = taken.then(() => takeLaunch(launch, options)).catch(told);
    });
  }, [ready, store]);
  return null;
}

/** The page's address is plain again after that, so that a reload does not ask once more. */
async function takeOwnAddress(options: LaunchOptions): Promise<void> {
  const address = new URL(window.location.href);
  const asked = await takeAddress(address, options);
  if (asked && window.location.href === address.href) window.history.replaceState(window.history.state, '', address.pathname);
}
