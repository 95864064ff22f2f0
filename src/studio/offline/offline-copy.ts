import { useEffect, useState } from 'react';
import type { OfflineState } from '../Studio';

/**
 * Registers the service worker and follows it: whether the offline copy is complete, and whether a newer build waits.
 * Where there are no service workers (an insecure address, some private windows) the page simply works online.
 */
export function useOfflineCopy(script: string): OfflineState {
  const [ready, setReady] = useState(false);
  const [waiting, setWaiting] = useState<ServiceWorker>();
  useEffect(() => {
    if (!('serviceWorker' in navigator)) return;
    const container = navigator.serviceWorker;
    let ended = false;
    void container.ready.then(() => {
      if (!ended) setReady(true);
    });
    container.register(script).then(
      (registration) => {
        const noticeWaiting = (): void => {
          // Without a controller this is the first visit: nothing older is in use.
          if (!ended && registration.waiting !== null && container.controller !== null) setWaiting(registration.waiting);
        };
        noticeWaiting();
        registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', noticeWaiting));
      },
      (error: unknown) => console.warn('The page could not be stored for offline use:', error),
    );
    return () => {
      ended = true;
    };
  }, [script]);
  return { ready, applyUpdate: waiting === undefined ? undefined : () => applyUpdate(waiting) };
}

function applyUpdate(waiting: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => window.location.reload(), { once: true });
  waiting.postMessage('skip-waiting');
}
