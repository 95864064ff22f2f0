import { useEffect } from 'react';
import { useCommand, useCommandRegistry, type CommandId } from '../../commands';
import { useStudio, useStudioStore } from '../../state/context';
import type { TimelineCommands } from './commands';

interface KeyActions {
  readonly commands: TimelineCommands;
  fit(): void;
}

/** What the timeline answers of the studio's commands while it is shown. */
export function useTimelineKeys({ commands, fit }: KeyActions): void {
  const store = useStudioStore();
  const registry = useCommandRegistry();
  useCommand('studio.undo', useStudio((state) => state.edited.done.length > 0) ? commands.undo : undefined);
  useCommand('studio.redo', useStudio((state) => state.edited.undone.length > 0) ? commands.redo : undefined);
  useEffect(() => {
    const actions = timelineActions({ commands, fit }, store);
    const removals = actions.map(([id, run]) => registry.provide(id, run));
    return () => removals.forEach((remove) => remove());
  }, [store, registry, commands, fit]);
}

function timelineActions(
  { commands, fit }: KeyActions,
  store: ReturnType<typeof useStudioStore>,
): readonly (readonly [CommandId, () => void])[] {
  const { viewTimeline, selectClips } = store.getState();
  return [
    ['timeline.split', () => commands.split()],
    ['timeline.remove', () => commands.remove()],
    ['timeline.rippleRemove', () => commands.remove(undefined, true)],
    ['timeline.cut', commands.cut],
    ['timeline.copy', commands.copy],
    ['timeline.paste', commands.paste],
    ['timeline.copyEffects', commands.copyEffects],
    ['timeline.pasteEffects', commands.pasteEffects],
    ['timeline.duplicate', () => commands.duplicate()],
    ['timeline.selectAll', commands.selectAll],
    ['timeline.deselect', () => selectClips([])],
    ['timeline.earlier', () => commands.nudge(-1)],
    ['timeline.later', () => commands.nudge(1)],
    ['timeline.earlier10', () => commands.nudge(-10)],
    ['timeline.later10', () => commands.nudge(10)],
    ['timeline.trackUp', () => commands.nudge(0, 1)],
    ['timeline.trackDown', () => commands.nudge(0, -1)],
    ['timeline.startToPlayhead', () => commands.trimToPlayhead('start')],
    ['timeline.endToPlayhead', () => commands.trimToPlayhead('end')],
    ['timeline.startEarlier', () => commands.trimBy('start', -1)],
    ['timeline.startLater', () => commands.trimBy('start', 1)],
    ['timeline.startEarlier10', () => commands.trimBy('start', -10)],
    ['timeline.startLater10', () => commands.trimBy('start', 10)],
    ['timeline.endEarlier', () => commands.trimBy('end', -1)],
    ['timeline.endLater', () => commands.trimBy('end', 1)],
    ['timeline.endEarlier10', () => commands.trimBy('end', -10)],
    ['timeline.endLater10', () => commands.trimBy('end', 10)],
    ['timeline.marker', commands.marker],
    ['timeline.nextMarker', () => commands.goToMarker(1)],
    ['timeline.previousMarker', () => commands.goToMarker(-1)],
    ['timeline.ripple', commands.toggleRipple],
    ['timeline.snapping', commands.toggleSnapping],
    ['timeline.toolMove', () => viewTimeline({ tool: 'move' })],
    ['timeline.toolSlip', () => viewTimeline({ tool: 'slip' })],
    ['timeline.toolSlide', () => viewTimeline({ tool: 'slide' })],
    ['timeline.toolRoll', () => viewTimeline({ tool: 'roll' })],
    ['timeline.zoomIn', () => commands.zoomBy(1.5)],
    ['timeline.zoomOut', () => commands.zoomBy(1 / 1.5)],
    ['timeline.fit', fit],
    ['timeline.form', () => viewTimeline({ form: store.getState().timeline.form === 'tracks' ? 'list' : 'tracks' })],
  ];
}
