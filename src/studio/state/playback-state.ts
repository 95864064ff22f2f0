import { sequenceFrames } from '../../project';
import type { ProjectState } from './project-state';

/** A stretch of the sequence, `end` not included. */
export interface PlayRange {
  readonly start: number;
  readonly end: number;
}

/** How the sequence is played. Where it is, is the project's `playhead`. */
export interface PlaybackState {
  /** Seconds of the sequence in a second of the clock; negative goes back, 0 stands. */
  readonly speed: number;
  /** What is played; the whole when undefined. */
  readonly playRange: PlayRange | undefined;
  /** Whether it begins again where it ends. */
  readonly looping: boolean;

  /** From the playhead on; from the beginning where the playhead is at the end. */
  play(speed?: number): void;
  pause(): void;
  togglePlaying(): void;
  /** J and L: plays that way, and twice as fast each time, up to 8. */
  shuttle(direction: 1 | -1): void;
  /** Stands, and goes so many frames on, or back when negative, up to the first or last. */
  stepPlayhead(frames: number): void;
  /** Stands, and goes to a frame of the sequence, or the nearest it has. */
  seek(frame: number): void;
  /** The playhead's frame becomes the first, or the last, of what is played. */
  markRange(part: 'in' | 'out'): void;
  clearRange(): void;
  setLooping(looping: boolean): void;
}

export interface PlaybackActionsOptions {
  readonly get: () => PlaybackState & ProjectState;
  readonly set: (change: Partial<PlaybackState>) => void;
}

const fastest = 8;

export function playbackActions({ get, set }: PlaybackActionsOptions): PlaybackState {
  const seek = (frame: number): void => {
    set({ speed: 0 });
    const last = Math.max(0, sequenceFrames(get().edited.sequence) - 1);
    get().movePlayhead(Math.min(last, Math.max(0, frame)));
  };
  return {
    speed: 0,
    playRange: undefined,
    looping: false,
    play(speed = 1) {
      const { start, end } = playedFrames(get());
      if (end <= start) return;
      const { playhead, movePlayhead } = get();
      if (speed > 0 && (playhead >= end - 1 || playhead < start)) movePlayhead(start);
      if (speed < 0 && (playhead <= start || playhead >= end)) movePlayhead(end - 1);
      set({ speed });
    },
    pause: () => set({ speed: 0 }),
    togglePlaying: () => (get().speed === 0 ? get().play() : get().pause()),
    shuttle(direction) {
      const { speed, play } = get();
      play(speed * direction > 0 ? direction * Math.min(fastest, Math.abs(speed) * 2) : direction);
    },
    stepPlayhead: (frames) => seek(get().playhead + frames),
    seek,
    markRange(part) {
      const { playhead, playRange } = get();
      const whole = { start: 0, end: sequenceFrames(get().edited.sequence) };
      const range = playRange ?? whole;
      // A beginning behind the end begins a new range up to the end of the whole, and the other way round.
      if (part === 'in') set({ playRange: { start: playhead, end: playhead < range.end ? range.end : whole.end } });
      else set({ playRange: { start: playhead >= range.start ? range.start : 0, end: playhead + 1 } });
    },
    clearRange: () => set({ playRange: undefined }),
    setLooping: (looping) => set({ looping }),
  };
}

/** What is played: the range as far as the sequence has it. */
export function playedFrames({ edited: { sequence }, playRange }: Pick<ProjectState & PlaybackState, 'edited' | 'playRange'>): PlayRange {
  const frames = sequenceFrames(sequence);
  if (playRange === undefined || playRange.start >= frames) return { start: 0, end: frames };
  return { start: playRange.start, end: Math.min(frames, playRange.end) };
}
