import type { EditorConnection, ShownFrame } from '../../../../workers';
import { playedFrames } from '../../state/playback-state';
import type { StudioStore } from '../../state/studio-store';
import type { SequenceSound } from '../../playback/sequence-sound';

/** How playing goes since it began. */
export interface PlaybackReport {
  /** Frames that were left out. */
  readonly dropped: number;
  /**
   * Frames by which pictures were drawn after the sound of their beginning was heard, of the last few hundred; undefined while nothing is heard.
   * 0 to 1 is in time; a display adds what it takes itself.
   */
  readonly behind: { readonly median: number; readonly most95: number } | undefined;
}

export interface SequencePlayerOptions {
  readonly store: StudioStore;
  readonly editor: EditorConnection;
  /** Its clock leads while it is heard; undefined where nothing can be. */
  readonly sound?: SequenceSound;
  /** A frame came to the screen. */
  readonly onShown: (shown: ShownFrame, playback: PlaybackReport) => void;
  readonly onFailure: (error: unknown) => void;
}

/** A request that is this old is overtaken by the next one, so that a far seek does not hold up the one after it. Milliseconds. */
const patience = 250;

/** Pictures whose delay is looked at. */
const measured = 500;

/**
 * Keeps the worker's canvas at the playhead, and moves the playhead while it plays: by the clock of the sound, or by the display's where
 * nothing is heard. @returns what ends it
 */
export function startSequencePlayer({ store, editor, sound, onShown, onFailure }: SequencePlayerOptions): () => void {
  let closed = false;
  let wanted: number | undefined;
  /** When the request that is being answered was made. */
  let asking: number | undefined;
  let request = 0;
  /** Position at a reading of the display's clock, in frames and milliseconds. */
  let anchor: { readonly position: number; readonly at: number } | undefined;
  /** The playhead as it was moved from here. */
  let moved: number | undefined;
  let dropped = 0;
  let lastShown: number | undefined;
  /** Delays behind the sound, in frames; the latest last. */
  let delays: number[] = [];

  const framesPerSecond = (): number => {
    const { numerator, denominator } = store.getState().edited.sequence.rate;
    return numerator / denominator;
  };

  const ask = (frame: number): void => {
    asking = performance.now();
    const began = asking;
    editor.show(frame).then(
      (shown) => {
        if (closed) return;
        if (shown !== undefined) {
          const { speed } = store.getState();
          if (Math.abs(speed) === 1 && lastShown !== undefined) dropped += Math.max(0, Math.abs(shown.frame - lastShown) - 1);
          lastShown = shown.frame;
          const heard = speed === 0 ? undefined : sound?.heardAt(performance.now());
          if (heard !== undefined) delays = [...delays.slice(1 - measured), heard * framesPerSecond() - shown.frame];
          onShown(shown, { dropped, behind: reportOf(delays) });
        }
        if (asking === began) next();
      },
      (error: unknown) => {
        if (closed) return;
        onFailure(error);
        if (asking === began) next();
      },
    );
  };
  const next = (): void => {
    asking = undefined;
    if (wanted === undefined) return;
    const frame = wanted;
    wanted = undefined;
    ask(frame);
  };
  const show = (frame: number): void => {
    if (asking === undefined || performance.now() - asking > patience) {
      wanted = undefined;
      ask(frame);
    } else {
      wanted = frame;
    }
  };

  const tick = (now: number): void => {
    const { speed, playhead, looping, pause, movePlayhead } = store.getState();
    if (closed || speed === 0) return;
    request = requestAnimationFrame(tick);
    const rate = framesPerSecond();
    const heard = sound?.heardAt(now);
    // Backwards a frame is left at its beginning, so it is entered at its end.
    if (heard !== undefined) anchor = { position: heard * rate, at: now };
    else anchor ??= { position: speed > 0 ? playhead : playhead + 1 - 1e-6, at: now };
    const frame = Math.floor(anchor.position + ((now - anchor.at) / 1000) * rate * speed + 1e-6);
    const { start, end } = playedFrames(store.getState());
    if (frame >= start && frame < end) {
      if (frame === playhead) return;
      moved = frame;
      movePlayhead(frame);
    } else if (looping && end > start) {
      movePlayhead(speed > 0 ? start : end - 1);
    } else {
      movePlayhead(Math.max(start, Math.min(end - 1, frame)));
      pause();
    }
  };

  /** From the playhead on, with its sound where there is any at this speed. */
  const begin = (): void => {
    const { speed } = store.getState();
    anchor = undefined;
    lastShown = undefined;
    cancelAnimationFrame(request);
    sound?.pause();
    if (speed === 0) return;
    request = requestAnimationFrame(tick);
    if (speed > 0) sound?.play(() => store.getState().playhead / framesPerSecond(), speed);
  };

  const setSequence = (): void => {
    editor.setSequence(store.getState().edited.sequence).catch(onFailure);
    show(store.getState().playhead);
  };
  const unsubscribe = store.subscribe((state, before) => {
    if (state.edited.sequence !== before.edited.sequence) {
      setSequence();
      if (state.speed !== 0) begin();
    }
    // A file that came back, or went, changes what is seen and what is said of it.
    if (state.missingMedia !== before.missingMedia) show(state.playhead);
    if (state.speed !== before.speed) {
      if (before.speed === 0) {
        dropped = 0;
        delays = [];
      }
      begin();
    }
    if (state.playhead !== before.playhead) {
      show(state.playhead);
      if (state.playhead !== moved && state.speed !== 0) begin();
      moved = undefined;
    }
  });
  setSequence();
  if (store.getState().speed !== 0) begin();
  return () => {
    closed = true;
    unsubscribe();
    cancelAnimationFrame(request);
    sound?.pause();
  };
}

function reportOf(delays: readonly number[]): PlaybackReport['behind'] {
  if (delays.length === 0) return undefined;
  const sorted = delays.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { median: at(0.5), most95: at(0.95) };
}
