import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { StudioState, StudioStore } from './studio-store';
import { shownWorkspaces, shows, type UiPart } from './ui';
import type { Workspace } from './workspaces';

/** The store of the studio that a component is part of: one a mounted instance. */
export const StudioContext = createContext<StudioStore | undefined>(undefined);

export function useStudioStore(): StudioStore {
  const store = useContext(StudioContext);
  if (store === undefined) throw new Error('this component must be inside <Studio>');
  return store;
}

export function useStudio<Selection>(select: (state: StudioState) => Selection): Selection {
  return useStore(useStudioStore(), select);
}

/** Whether a part of the studio is shown. */
export const useShows = (part: UiPart): boolean => useStudio((state) => shows(state, part));

/** Whether a view can be opened. */
export const useHasView = (view: Workspace): boolean => useStudio((state) => shownWorkspaces(state).includes(view));
