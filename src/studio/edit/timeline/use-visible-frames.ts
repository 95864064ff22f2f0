import { useEffect, useState, type RefObject } from 'react';

/** Pixels drawn beyond what is seen, and the step in which that changes. */
const MARGIN = 400;
const STEP = 200;

export interface VisibleFrames {
  readonly from: number;
  readonly to: number;
  /** Pixels of the lanes that are seen. */
  readonly width: number;
}

/** The stretch of frames that a scrolled area shows, with a margin on both sides. @param header pixels that the tracks' heads cover */
export function useVisibleFrames(scroller: RefObject<HTMLElement | null>, pixelsPerFrame: number, header: number): VisibleFrames {
  const [seen, setSeen] = useState({ left: 0, width: 1200 });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const update = (): void => {
      const left = Math.floor(element.scrollLeft / STEP) * STEP;
      const width = Math.max(0, element.clientWidth - header);
      setSeen((before) => (before.left === left && before.width === width ? before : { left, width }));
    };
    const observer = new ResizeObserver(update);
    observer.observe(element);
    element.addEventListener('scroll', update, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', update);
    };
    // A zoom moves what is seen without scrolling.
  }, [scroller, header, pixelsPerFrame]);
  return {
    from: Math.max(0, (seen.left - MARGIN) / pixelsPerFrame),
    to: (seen.left + seen.width + STEP + MARGIN) / pixelsPerFrame,
    width: seen.width,
  };
}
