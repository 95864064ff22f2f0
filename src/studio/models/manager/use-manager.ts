import { useStore } from 'zustand';
import { useStudioStore } from '../../state/context';
import { managerOf, type ManagerState } from './manager-store';

/** What the models manager of this studio knows and can do. */
export function useManager<Selection>(select: (state: ManagerState) => Selection): Selection {
  return useStore(managerOf(useStudioStore()), select);
}
