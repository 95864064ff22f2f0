import { useCallback, useState } from 'react';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'aiprod-theme';

/** The theme this browser was last given; `system` where nothing is stored or storage is closed. */
function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return themes.find((theme) => theme === stored) ?? 'system';
  } catch {
    return 'system';
  }
}

/** The chosen theme, kept over visits. */
export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(storedTheme);
  const choose = useCallback((next: Theme) => {
    setTheme(next);
    try {
      localStorage.setItem(key, next);
    } catch {
      // A browser that keeps nothing (private mode, blocked storage) still shows the choice until the tab closes.
    }
  }, []);
  return [theme, choose];
}
