import { useCallback, useEffect, useRef, useState } from 'react';
import { frameAt, wrapFrame } from './playback-clock';

export interface Playback {
  readonly playing: boolean;
  readonly frame: number;
  toggle(): void;
  /** Pauses and goes to a frame. */
  seek(frame: number): void;
  /** Pauses and goes `count` frames on, backwards when negative, round the ends. */
  step(count: number): void;
}

/** Plays `frameCount` frames in a loop, by the display's own clock. */
export function usePlayback(frameCount: number, framesPerSecond: number, startPlaying: boolean): Playback {
  const [playing, setPlaying] = useState(startPlaying);
  const [frame, setFrame] = useState(0);
  const shown = useRef(0);

  const show = useCallback((next: number) => {
    shown.current = next;
    setFrame(next);
  }, []);

  useEffect(() => {
    if (!playing) return;
    let request = 0;
    let anchor: { frame: number; at: number } | undefined;
    const tick = (now: number): void => {
      anchor ??= { frame: shown.current, at: now };
      const next = frameAt(anchor, now, framesPerSecond, frameCount);
      if (next !== shown.current) show(next);
      request = requestAnimationFrame(tick);
    };
    request = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(request);
  }, [playing, framesPerSecond, frameCount, show]);

  const seek = useCallback(
    (next: number) => {
      setPlaying(false);
      show(Math.min(frameCount - 1, Math.max(0, next)));
    },
    [frameCount, show],
  );
  const step = useCallback(
    (count: number) => {
      setPlaying(false);
      show(wrapFrame(shown.current + count, frameCount));
    },
    [frameCount, show],
  );
  const toggle = useCallback(() => setPlaying((now) => !now), []);
  return { playing, frame, toggle, seek, step };
}
