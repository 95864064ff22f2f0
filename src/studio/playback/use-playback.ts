import { useCallback, useEffect, useRef, useState } from 'react';
import { frameAt, wrapFrame } from './playback-clock';
import type { SoundPlayer } from './sound-player';

export interface PlaybackOptions {
  readonly frameCount: number;
  readonly framesPerSecond: number;
  readonly startPlaying: boolean;
  /** The sound that plays with the frames; its clock leads while it is heard. */
  readonly sound?: SoundPlayer;
  /** Hears of the place within the clip, 0 to 1, at every picture of the display: for what moves more smoothly than frames. */
  readonly onPlace?: (share: number) => void;
}

export interface Playback {
  readonly playing: boolean;
  readonly frame: number;
  toggle(): void;
  /** Pauses and goes to a frame. */
  seek(frame: number): void;
  /** Pauses and goes `count` frames on, backwards when negative, round the ends. */
  step(count: number): void;
}

/** Plays frames in a loop, by the clock of their sound, or by the display's where they have none or it is not heard yet. */
export function usePlayback({ frameCount, framesPerSecond, startPlaying, sound, onPlace }: PlaybackOptions): Playback {
  const [playing, setPlaying] = useState(startPlaying);
  const [frame, setFrame] = useState(0);
  const shown = useRef(0);

  const show = useCallback(
    (next: number) => {
      shown.current = next;
      setFrame(next);
      onPlace?.(next / frameCount);
    },
    [frameCount, onPlace],
  );

  useEffect(() => {
    if (!playing) return;
    let request = 0;
    let anchor: { frame: number; at: number } | undefined;
    const tick = (now: number): void => {
      const heard = sound?.heardAt(now);
      if (heard !== undefined) anchor = { frame: 0, at: now - heard * 1000 };
      else anchor ??= { frame: shown.current, at: now };
      const next = frameAt(anchor, now, framesPerSecond, frameCount);
      if (next !== shown.current) show(next);
      onPlace?.(((anchor.frame + ((now - anchor.at) * framesPerSecond) / 1000) / frameCount) % 1);
      request = requestAnimationFrame(tick);
    };
    request = requestAnimationFrame(tick);
    sound?.play(() => shown.current / framesPerSecond);
    return () => {
      sound?.pause();
      cancelAnimationFrame(request);
    };
  }, [playing, framesPerSecond, frameCount, show, sound, onPlace]);

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
