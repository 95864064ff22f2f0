import { sequenceFrames } from '../../project';
import type { ProjectState } from './project-state';
import type { MarkedRange, TimelineState } from './timeline-state';

/** How the sequence is played. Where it is, is the project's `playhead`; what of it is played, the timeline's `range`, or the whole. */
export interface PlaybackState {
  /** Seconds of the sequence in a second of the clock; negative goes back, 0 stands. */
  readonly speed: number;
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
  markEdge(part: 'in' | 'out'): void;
  setLooping(looping: boolean): void;
}

export interface PlaybackActionsOptions {
  readonly get: () => PlaybackState & ProjectState & Pick<TimelineState, 'range' | 'markRange'>;
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
    markEdge(part) {
      const { playhead, range, markRange } = get();
      const frames = sequenceFrames(get().edited.sequence);
      const { start, end } = range ?? { start: 0, end: frames };
      // A beginning behind the end begins a new range up to the end of the whole, and the other way round.
      if (part === 'in') markRange({ start: playhead, end: playhead < end ? end : frames });
      else markRange({ start: playhead >= start ? start : 0, end: playhead + 1 });
    },
    setLooping: (looping) => set({ looping }),
  };
}

/** What is played: the range as far as the sequence has it. */
export function playedFrames({ edited: { sequence }, range }: Pick<ProjectState & TimelineState, 'edited' | 'range'>): MarkedRange {
  const frames = sequenceFrames(sequence);
  if (range === undefined || range.start >= frames) return { start: 0, end: frames };
  return { start: range.start, end: Math.min(frames, range.end) };
}
