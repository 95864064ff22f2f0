import { useState, type KeyboardEvent, type PointerEvent as ReactPointerEvent } from 'react';
import { useTranslations } from 'use-intl';
import { formatTimecode, snap, snapPoints, type Marker, type Sequence } from '../../../project';
import { useStudioStore } from '../../state/context';
import type { TimelineCommands } from './commands';
import styles from './Marker.module.css';

/** Pixels within which a marker snaps, and after which a press is a drag. */
const SNAP_PIXELS = 9;
const DRAG_PIXELS = 3;

export interface MarkerFlagProps {
  readonly marker: Marker;
  readonly sequence: Sequence;
  readonly pixelsPerFrame: number;
  readonly commands: TimelineCommands;
  /** Id of the words that say which keys it takes. */
  readonly keys: string;
}

/** One marker on the ruler: a press goes there, a drag or the arrow keys move it, Enter or a second press opens it, Delete removes it. */
export function MarkerFlag({ marker, sequence, pixelsPerFrame, commands, keys }: MarkerFlagProps) {
  const words = useMarkerWords(sequence.rate);
  const store = useStudioStore();
  const [dragged, setDragged] = useState<number>();
  const frame = dragged ?? marker.frame;

  const onPointerDown = (down: ReactPointerEvent<HTMLButtonElement>): void => {
    // The ruler beneath would move the playhead.
    down.stopPropagation();
    if (down.button !== 0) return;
    const element = down.currentTarget;
    element.setPointerCapture(down.pointerId);
    const { timeline, playhead } = store.getState();
    const others = { ...sequence, markers: sequence.markers.filter(({ id }) => id !== marker.id) };
    const points = timeline.snapping ? snapPoints({ sequence: others, playhead }) : [];
    let to: number | undefined;
    const onMove = ({ clientX }: PointerEvent): void => {
      const by = clientX - down.clientX;
      if (to === undefined && Math.abs(by) < DRAG_PIXELS) return;
      const wanted = marker.frame + by / pixelsPerFrame;
      to = Math.max(0, Math.round(wanted + (snap([wanted], points, SNAP_PIXELS, pixelsPerFrame)?.by ?? 0)));
      setDragged(to);
    };
    const finish = (kept: boolean): void => {
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerup', onUp);
      element.removeEventListener('pointercancel', onCancel);
      window.removeEventListener('keydown', onKey, true);
      setDragged(undefined);
      if (!kept) return;
      if (to === undefined) commands.goTo(marker.frame);
      else commands.setMarker(marker.id, { frame: to });
    };
    const onUp = (): void => finish(true);
    const onCancel = (): void => finish(false);
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      finish(false);
    };
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerup', onUp);
    element.addEventListener('pointercancel', onCancel);
    window.addEventListener('keydown', onKey, true);
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined) {
      // Keys that follow each other are one step.
      commands.setMarker(marker.id, { frame: marker.frame + step * (event.shiftKey ? 10 : 1) }, `marker ${marker.id} keys`);
    } else if (event.key === 'Enter') {
      commands.openMarker(marker.id);
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      commands.removeMarker(marker.id);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const label = words({ ...marker, frame });
  return (
    <button
      type="button"
      className={styles.flag}
      data-color={marker.color}
      data-dragged={dragged !== undefined}
      aria-label={label}
      aria-describedby={keys}
      title={label}
      style={{ insetInlineStart: frame * pixelsPerFrame }}
      onPointerDown={onPointerDown}
      onDoubleClick={() => commands.openMarker(marker.id)}
      onContextMenu={(event) => {
        event.preventDefault();
        commands.openMarker(marker.id);
      }}
      onKeyDown={onKeyDown}
    />
  );
}

/** What a marker is called, with the time that it stands at. */
export function useMarkerWords(rate: Sequence['rate']): (marker: Pick<Marker, 'name' | 'frame'>) => string {
  const t = useTranslations('timeline');
  return ({ name, frame }) => {
    const at = formatTimecode(frame, rate);
    return name === '' ? t('markers.unnamed', { at }) : t('marker', { name, at });
  };
}
