/** What a drag over the timeline does to the sequence, as an edit: what is seen while dragging is what is kept at its end. */
import {
  duplicate,
  endOf,
  move,
  roll,
  setFade,
  slide,
  slip,
  trim,
  type Clip,
  type Edit,
  type EditLabel,
  type MediaLengths,
  type Sequence,
} from '../../../project';
import type { TimelineView } from '../../state/timeline-state';

/** What of a clip is held. */
export type Handle = 'body' | 'start' | 'end' | 'fade-in' | 'fade-out';

export interface Held {
  readonly handle: Handle;
  readonly clip: Clip;
  /** Ids of all that moves: the clip first. */
  readonly ids: readonly string[];
  readonly sequence: Sequence;
}

export interface Dragged {
  /** Frames in time. */
  readonly by: number;
  /** Tracks of its kind, up in their order (+). */
  readonly tracks: number;
  /** Doubles a clip that is moved; trims one edge without those that are linked. */
  readonly alt: boolean;
}

export interface DragEdit {
  readonly label: EditLabel;
  readonly edit: Edit;
}

export function dragEdit(
  { handle, clip, ids }: Held,
  { by, tracks, alt }: Dragged,
  { tool, ripple }: Pick<TimelineView, 'tool' | 'ripple'>,
  lengths: MediaLengths,
  newId: () => string,
): DragEdit {
  if (handle === 'fade-in') return { label: { key: 'fade' }, edit: setFade({ clip: clip.id, edge: 'in', frames: clip.fadeIn + by }) };
  if (handle === 'fade-out') return { label: { key: 'fade' }, edit: setFade({ clip: clip.id, edge: 'out', frames: clip.fadeOut - by }) };
  if (handle !== 'body') {
    if (tool === 'roll') return { label: { key: 'roll' }, edit: roll({ clip: clip.id, edge: handle, by, lengths }) };
    return { label: { key: 'trim' }, edit: trim({ clip: clip.id, edge: handle, by, ripple, alone: alt, lengths }) };
  }
  // Dragging to the right shows what came before.
  if (tool === 'slip') return { label: { key: 'slip' }, edit: slip({ clips: ids, by: -by, lengths }) };
  if (tool === 'slide') return { label: { key: 'slide' }, edit: slide({ clips: ids, by, lengths }) };
  const to = clip.kind === 'sound' ? { audio: tracks } : { video: tracks };
  const onMeeting = ripple ? 'make-room' : 'overwrite';
  if (alt) return { label: { key: 'duplicate' }, edit: duplicate({ clips: ids, by, ...to, onMeeting, newId }) };
  return { label: { key: 'move' }, edit: move({ clips: ids, by, ...to, onMeeting, newId }) };
}

/** Frames of what snaps: the edge that is held, or both edges of everything that moves. */
export function snappingEdges({ handle, clip, ids, sequence }: Held, tool: TimelineView['tool']): number[] {
  if (handle === 'start') return [clip.start];
  if (handle === 'end') return [endOf(clip)];
  if (handle === 'fade-in') return [clip.start + clip.fadeIn];
  if (handle === 'fade-out') return [endOf(clip) - clip.fadeOut];
  if (tool === 'slip') return [];
  const moving = new Set(ids);
  return sequence.tracks.flatMap(({ clips }) => clips.filter(({ id }) => moving.has(id)).flatMap((one) => [one.start, endOf(one)]));
}
