import type { Edit } from '../undo';
import { RefusedEdit } from './refused-edit';

/** A marker at a frame; one that stands there already is taken away instead. */
export const toggleMarker =
  (frame: number, id: string): Edit =>
  (draft) => {
    const at = draft.markers.findIndex((marker) => marker.frame === frame);
    if (at !== -1) draft.markers.splice(at, 1);
    else draft.markers.push({ id, frame, name: '' });
  };

/** @throws RefusedEdit `gone` */
export const setMarker =
  (id: string, change: { readonly frame?: number; readonly name?: string }): Edit =>
  (draft) => {
    const marker = draft.markers.find((one) => one.id === id);
    if (marker === undefined) throw new RefusedEdit('gone');
    if (change.frame !== undefined) marker.frame = Math.max(0, Math.round(change.frame));
    if (change.name !== undefined) marker.name = change.name;
  };

/** @throws RefusedEdit `gone` */
export const removeMarker =
  (id: string): Edit =>
  (draft) => {
    const at = draft.markers.findIndex((one) => one.id === id);
    if (at === -1) throw new RefusedEdit('gone');
    draft.markers.splice(at, 1);
  };
