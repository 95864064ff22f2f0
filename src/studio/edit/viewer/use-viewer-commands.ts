import { useMemo } from 'react';
import { sequenceFrames } from '../../../project';
import { useCommand } from '../../commands';
import { useStudioStore } from '../../state/context';

export interface ViewerCommands {
  mute(): void;
  fullScreen(): void;
}

/** What the viewer does by name and by key. */
export function useViewerCommands({ mute, fullScreen }: ViewerCommands): void {
  const store = useStudioStore();
  const act = useMemo(() => {
    const { stepPlayhead, seek, shuttle, pause, togglePlaying, markEdge, markRange, setLooping } = store.getState();
    return {
      ...{ togglePlaying, pause },
      back: () => stepPlayhead(-1),
      forward: () => stepPlayhead(1),
      farBack: () => stepPlayhead(-10),
      farForward: () => stepPlayhead(10),
      first: () => seek(0),
      last: () => seek(sequenceFrames(store.getState().edited.sequence) - 1),
      shuttleBack: () => shuttle(-1),
      shuttleOn: () => shuttle(1),
      markIn: () => markEdge('in'),
      markOut: () => markEdge('out'),
      clearRange: () => markRange(undefined),
      loop: () => setLooping(!store.getState().looping),
    };
  }, [store]);
  useCommand('playback.toggle', act.togglePlaying);
  useCommand('playback.back', act.back);
  useCommand('playback.forward', act.forward);
  useCommand('playback.farBack', act.farBack);
  useCommand('playback.farForward', act.farForward);
  useCommand('playback.first', act.first);
  useCommand('playback.last', act.last);
  useCommand('playback.shuttleBack', act.shuttleBack);
  useCommand('playback.stop', act.pause);
  useCommand('playback.shuttleOn', act.shuttleOn);
  useCommand('playback.markIn', act.markIn);
  useCommand('playback.markOut', act.markOut);
  useCommand('playback.clearRange', act.clearRange);
  useCommand('playback.loop', act.loop);
  useCommand('playback.silence', mute);
  useCommand('playback.fullScreen', fullScreen);
}
