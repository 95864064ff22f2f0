import { useEffect, useId, useRef, type PointerEvent as ReactPointerEvent, type RefObject } from 'react';
import { useTranslations } from 'use-intl';
import { formatTimecode, sequenceFrames, snap, snapPoints, type Sequence } from '../../../project';
import { useTextScale } from '../../components/use-text-scale';
import { useStudio, useStudioStore } from '../../state/context';
import type { MarkedRange } from '../../state/timeline-state';
import type { TimelineCommands } from './commands';
import { MarkerFlag } from './MarkerFlag';
import { rulerTicks } from './timeline-scale';
import type { VisibleFrames } from './use-visible-frames';
import styles from './Ruler.module.css';

/** Pixels within which the playhead snaps while Shift is held. */
const SNAP_PIXELS = 10;

export interface RulerProps {
  readonly sequence: Sequence;
  readonly pixelsPerFrame: number;
  readonly visible: VisibleFrames;
  readonly range: MarkedRange | undefined;
  readonly commands: TimelineCommands;
}

/** Timecodes over the tracks, markers and the marked range. Pressing beside a marker and dragging moves the playhead; with Shift it snaps. */
export function Ruler({ sequence, pixelsPerFrame, visible, range, commands }: RulerProps) {
  const t = useTranslations('timeline');
  const store = useStudioStore();
  const keys = useId();
  const ruler = useRef<HTMLDivElement>(null);
  const { rate, markers } = sequence;
  // Larger words lie further apart.
  const scale = useTextScale();

  const onPointerDown = (down: ReactPointerEvent): void => {
    const element = ruler.current;
    if (down.button !== 0 || element === null) return;
    const moveTo = ({ clientX, shiftKey }: Pick<PointerEvent, 'clientX' | 'shiftKey'>): void => {
      const frame = (clientX - element.getBoundingClientRect().left) / pixelsPerFrame;
      const snapped = shiftKey ? snap([frame], snapPoints({ sequence }), SNAP_PIXELS, pixelsPerFrame)?.point.frame : undefined;
      store.getState().seek(snapped ?? Math.floor(frame + 1e-6));
    };
    element.setPointerCapture(down.pointerId);
    moveTo(down);
    const onMove = (event: PointerEvent): void => moveTo(event);
    const onEnd = (): void => {
      element.removeEventListener('pointermove', onMove);
      element.removeEventListener('pointerup', onEnd);
      element.removeEventListener('pointercancel', onEnd);
    };
    element.addEventListener('pointermove', onMove);
    element.addEventListener('pointerup', onEnd);
    element.addEventListener('pointercancel', onEnd);
  };

  return (
    <div ref={ruler} className={styles.ruler} onPointerDown={onPointerDown} data-testid="ruler">
      {range !== undefined && (
        <span
          className={styles.range}
          title={t('range', { start: formatTimecode(range.start, rate), end: formatTimecode(range.end, rate) })}
          style={{ insetInlineStart: range.start * pixelsPerFrame, inlineSize: (range.end - range.start) * pixelsPerFrame }}
        />
      )}
      {rulerTicks(rate, pixelsPerFrame / scale, visible.from, visible.to).map(({ frame, major }) => (
        <span key={frame} className={styles.tick} data-major={major} style={{ insetInlineStart: frame * pixelsPerFrame }}>
          {major && formatTimecode(frame, rate)}
        </span>
      ))}
      {markers
        .filter(({ frame }) => frame >= visible.from && frame <= visible.to)
        .sort((one, other) => one.frame - other.frame)
        .map((marker) => (
          <MarkerFlag key={marker.id} {...{ marker, sequence, pixelsPerFrame, commands, keys }} />
        ))}
      <span id={keys} hidden>
        {t('markers.keys')}
      </span>
    </div>
  );
}

export interface PlayheadProps {
  readonly sequence: Sequence;
  readonly pixelsPerFrame: number;
  readonly scroller: RefObject<HTMLElement | null>;
  /** Pixels that the tracks' heads cover. */
  readonly header: number;
}

/** The line at the frame that is shown, and the handle by which keys move it. What is shown stays in sight. */
export function Playhead({ sequence, pixelsPerFrame, scroller, header }: PlayheadProps) {
  const t = useTranslations('timeline');
  const playhead = useStudio((state) => state.playhead);
  const seek = useStudio((state) => state.seek);
  const x = playhead * pixelsPerFrame;
  const shown = useRef(playhead);
  useEffect(() => {
    const area = scroller.current;
    // Only the playhead's own way moves the view: not a zoom, which keeps what is under the pointer.
    if (area === null || shown.current === playhead) return;
    shown.current = playhead;
    const width = area.clientWidth - header;
    const place = x - area.scrollLeft;
    if (place < 0 || place > width - 8) area.scrollTo({ left: Math.max(0, x - width * 0.12) });
  }, [scroller, header, playhead, x]);
  return (
    <div className={styles.playhead} style={{ insetInlineStart: x }}>
      <div
        role="slider"
        tabIndex={0}
        className={styles.handle}
        aria-label={t('playhead')}
        aria-valuemin={0}
        aria-valuemax={Math.max(playhead, sequenceFrames(sequence))}
        aria-valuenow={playhead}
        aria-valuetext={formatTimecode(playhead, sequence.rate)}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          const sign = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 }[event.key];
          if (sign === undefined) return;
          event.preventDefault();
          seek(playhead + sign * (event.shiftKey ? 10 : 1));
        }}
      />
    </div>
  );
}
