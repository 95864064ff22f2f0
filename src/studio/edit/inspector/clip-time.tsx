import { createContext, useContext } from 'react';

/** Where the playhead is in the clip that is inspected. */
export interface ClipTime {
  /** Frame of the sequence that the clip begins with. */
  readonly start: number;
  /** The playhead's frame, counted from the clip's first and held within it: what fields show and keyframes are set at. */
  readonly frame: number;
}

export const ClipTimeContext = createContext<ClipTime>({ start: 0, frame: 0 });
export const useClipTime = (): ClipTime => useContext(ClipTimeContext);
