import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react';
import { useStudio, useStudioStore } from '../../state/context';
import { clampZoom } from './timeline-scale';

/** Change of the zoom by a pixel of the wheel. */
const WHEEL = 0.0022;

/**
 * Zooms by the wheel with Ctrl (as a touch pad's pinch is told too) and by two fingers, about what is under the pointer; every other change of
 * the zoom is about the playhead where that is seen.
 * @param header pixels that the tracks' heads cover
 */
export function useZoom(scroller: RefObject<HTMLElement | null>, header: number): void {
  const store = useStudioStore();
  const pixelsPerFrame = useStudio((state) => state.timeline.pixelsPerFrame);
  /** The frame that stays where it is, at so many pixels from the start of the lanes. */
  const anchor = useRef<{ readonly frame: number; readonly x: number } | undefined>(undefined);
  const shown = useRef(pixelsPerFrame);

  useLayoutEffect(() => {
    const area = scroller.current;
    if (area === null || shown.current === pixelsPerFrame) return;
    const { playhead } = store.getState();
    const width = area.clientWidth - header;
    const at = playhead * shown.current - area.scrollLeft;
    const middle = { frame: (area.scrollLeft + width / 2) / shown.current, x: width / 2 };
    const { frame, x } = anchor.current ?? (at >= 0 && at <= width ? { frame: playhead, x: at } : middle);
    area.scrollTo({ left: frame * pixelsPerFrame - x });
    anchor.current = undefined;
    shown.current = pixelsPerFrame;
  }, [store, scroller, header, pixelsPerFrame]);

  useEffect(() => {
    const area = scroller.current;
    if (area === null) return;
    const zoomAt = (clientX: number, factor: number): void => {
      const { timeline, viewTimeline } = store.getState();
      const x = clientX - area.getBoundingClientRect().left - header;
      anchor.current = { frame: (area.scrollLeft + x) / timeline.pixelsPerFrame, x };
      viewTimeline({ pixelsPerFrame: clampZoom(timeline.pixelsPerFrame * factor) });
    };
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoomAt(event.clientX, Math.exp(-event.deltaY * WHEEL * (event.deltaMode === 0 ? 1 : 24)));
    };
    const fingers = new Map<number, number>();
    const onDown = (event: PointerEvent): void => {
      if (event.pointerType === 'touch') fingers.set(event.pointerId, event.clientX);
    };
    const onMove = (event: PointerEvent): void => {
      const before = fingers.get(event.pointerId);
      if (before === undefined) return;
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      fingers.set(event.pointerId, event.clientX);
      if (other === undefined) return;
      const [was, is] = [Math.abs(before - other), Math.abs(event.clientX - other)];
      if (was > 24 && is > 24) zoomAt((event.clientX + other) / 2, is / was);
    };
    const onUp = (event: PointerEvent): void => void fingers.delete(event.pointerId);
    area.addEventListener('wheel', onWheel, { passive: false });
    area.addEventListener('pointerdown', onDown);
    area.addEventListener('pointermove', onMove);
    window.addEventListener('pointerup', onUp);
    window.addEventListener('pointercancel', onUp);
    return () => {
      area.removeEventListener('wheel', onWheel);
      area.removeEventListener('pointerdown', onDown);
      area.removeEventListener('pointermove', onMove);
      window.removeEventListener('pointerup', onUp);
      window.removeEventListener('pointercancel', onUp);
    };
  }, [store, scroller, header]);
}
