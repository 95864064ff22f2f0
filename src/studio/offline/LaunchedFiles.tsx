import { useEffect } from 'react';
import { useStudio, useStudioStore } from '../state/context';
import type { StudioStore } from '../state/studio-store';
import { workspaces } from '../state/workspaces';
import { sharedParameter, takeShared } from './shared';

/** What the system opened the installed app with (Launch Handler and File Handling); not in every browser. */
declare global {
  interface Window {
    readonly launchQueue?: {
      setConsumer(consumer: (launch: { readonly targetURL?: string; readonly files?: readonly FileSystemFileHandle[] }) => void): void;
    };
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
    const told = (error: unknown): void => console.warn(`what the app was opened with could not be taken: ${String(error)}`);
    void takeAddress(store, new URL(window.location.href)).catch(told);
    window.launchQueue?.setConsumer(({ targetURL, files = [] }) => {
      void (async () => {
        // The app was open already: it is shown as it stands, and only told of the address.
        if (targetURL !== undefined) await takeAddress(store, new URL(targetURL));
        await store.getState().takeFiles(await Promise.all(files.map((handle) => handle.getFile())));
      })().catch(told);
    });
  }, [ready, store]);
  return null;
}

/** Does what an address of the app asks for; the page's own is plain again after that, so that a reload does not ask once more. */
async function takeAddress(store: StudioStore, address: URL): Promise<void> {
  const { openWorkspace, takeFiles, edit } = store.getState();
  const workspace = workspaces.find((name) => name === address.searchParams.get('open'));
  const isShared = address.searchParams.has(sharedParameter);
  if (workspace !== undefined) openWorkspace(workspace);
  if (isShared) {
    const shared = await takeShared(document.baseURI, caches);
    openWorkspace('create');
    if (shared !== undefined && shared.text.trim() !== '') edit({ prompt: shared.text.trim() });
    if (shared !== undefined) await takeFiles(shared.files);
  }
  if ((workspace !== undefined || isShared) && window.location.href === address.href)
    window.history.replaceState(window.history.state, '', address.pathname);
}
