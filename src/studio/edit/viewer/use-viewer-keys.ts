import { useEffect } from 'react';
import { useStudioStore } from '../../state/context';
import { sequenceFrames } from '../../../project';

export interface ViewerKeys {
  mute(): void;
  fullScreen(): void;
}

/** Keys of the viewer, wherever the focus is but in fields and on what uses them itself. */
export function useViewerKeys({ mute, fullScreen }: ViewerKeys): void {
  const store = useStudioStore();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || usesKeys(event.target, event.key)) return;
      const { edited, shuttle, pause, togglePlaying, stepPlayhead, seek, markEdge, markRange, looping, setLooping } = store.getState();
      const step = event.shiftKey ? 10 : 1;
      const actions: Record<string, () => void> = {
        ' ': togglePlaying,
        j: () => shuttle(-1),
        k: pause,
        l: () => shuttle(1),
        ArrowLeft: () => stepPlayhead(-step),
        ArrowRight: () => stepPlayhead(step),
        Home: () => seek(0),
        End: () => seek(sequenceFrames(edited.sequence) - 1),
        i: () => markEdge('in'),
        o: () => markEdge('out'),
        x: () => markRange(undefined),
        r: () => setLooping(!looping),
        m: mute,
        f: fullScreen,
      };
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (!Object.hasOwn(actions, key)) return;
      event.preventDefault();
      actions[key]();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [store, mute, fullScreen]);
}

/** Whether an element takes a key itself: fields take all, a button the space bar, and what has a value or a list the arrows. */
function usesKeys(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof Element)) return false;
  if (target.closest('input:not([type="range"]), textarea, select, [contenteditable="true"], dialog, [role="dialog"]') !== null)
    return true;
  if (key === ' ') return target.closest('button, a[href], summary, [role="button"]') !== null;
  const arrows = '[role="slider"], [role="listbox"], [role="grid"], [role="tree"], [role="menu"], [role="tablist"], [role="separator"]';
  return /^(Arrow|Home$|End$)/.test(key) && target.closest(arrows) !== null;
}
