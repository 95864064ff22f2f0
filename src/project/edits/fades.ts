import type { Edit } from '../undo';
import { placeOf, unlocked } from './draft';

export interface FadeOptions {
  readonly clip: string;
  readonly edge: 'in' | 'out';
  /** As many as the clip has beside its other fade. */
  readonly frames: number;
}

/** Lets a clip come or go over frames. @throws RefusedEdit `locked`, `gone` */
export const setFade =
  ({ clip: id, edge, frames }: FadeOptions): Edit =>
  (draft) => {
    const [{ clip }] = unlocked([placeOf(draft, id)]);
    const other = Math.min(clip.duration, edge === 'in' ? clip.fadeOut : clip.fadeIn);
    const length = Math.max(0, Math.min(Math.round(frames), clip.duration - other));
    if (edge === 'in') clip.fadeIn = length;
    else clip.fadeOut = length;
  };
