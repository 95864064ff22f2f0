/** Which frame a looping clip shows: whole frames and an exact rate; seconds exist only on the clock's side. */
export interface PlaybackAnchor {
  /** Frame that was shown at `at`. */
  readonly frame: number;
  /** Milliseconds. */
  readonly at: number;
}

/** The frame to show at `now`, going round after the last. */
export function frameAt(anchor: PlaybackAnchor, now: number, framesPerSecond: number, frameCount: number): number {
  // A hair is added so that a clock reading that lies exactly on a frame's start is not pushed before it by rounding.
  const passed = Math.floor(((now - anchor.at) * framesPerSecond) / 1000 + 1e-6);
  return wrapFrame(anchor.frame + Math.max(0, passed), frameCount);
}

/** Steps beyond either end come in again at the other. */
export function wrapFrame(frame: number, frameCount: number): number {
  return ((frame % frameCount) + frameCount) % frameCount;
}
