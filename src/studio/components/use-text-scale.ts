import { useSyncExternalStore } from 'react';

/** How large the page's text is against 16 pixels: what is measured in pixels grows with it, as the styles do. */
export function useTextScale(): number {
  return useSyncExternalStore(subscribe, textScale, () => 1);
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener('resize', onChange);
  return () => window.removeEventListener('resize', onChange);
}

const textScale = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
