import { useEffect, useMemo, useState } from 'react';
import { toNumber } from '../../project';
import { useCommand, useTransport } from '../commands';
import { frameAt } from '../playback/playback-clock';
import type { ComparedVideo } from './frame-lock';

export interface ComparedFrames {
  readonly frame: number;
  readonly playing: boolean;
  /** Stands, and goes to a frame, or the nearest there is. */
  seek(frame: number): void;
  step(frames: number): void;
  toggle(): void;
}

/** The frame of the left video: played in a loop by the display's clock, stepped and sought; by the keys of the viewer too. */
export function useComparedFrames({ frames, rate }: ComparedVideo): ComparedFrames {
  const [frame, setFrame] = useState(0);
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return;
    let request = 0;
    let anchor: { readonly frame: number; readonly at: number } | undefined;
    const tick = (now: number): void => {
      setFrame((current) => {
        anchor ??= { frame: current, at: now };
        return frameAt(anchor, now, toNumber(rate), frames);
      });
      request = requestAnimationFrame(tick);
    };
    request = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(request);
  }, [playing, frames, rate]);
  const act = useMemo(() => {
    const go = (next: (current: number) => number): void => {
      setPlaying(false);
      setFrame((current) => Math.min(frames - 1, Math.max(0, next(current))));
    };
    return {
      seek: (to: number) => go(() => to),
      step: (count: number) => go((current) => current + count),
      toggle: () => setPlaying((now) => !now),
      back: () => go((current) => current - 1),
      forward: () => go((current) => current + 1),
      first: () => go(() => 0),
      last: () => go(() => frames - 1),
    };
  }, [frames]);
  useCommand('playback.toggle', act.toggle);
  useCommand('playback.back', act.back);
  useCommand('playback.forward', act.forward);
  useCommand('playback.first', act.first);
  useCommand('playback.last', act.last);
  const { seek, step, toggle } = act;
  useTransport({ frame, playing, seek, toggle });
  return { frame, playing, seek, step, toggle };
}
