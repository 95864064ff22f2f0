import type { MarkerColor } from '../sequence/sequence';
import type { Edit } from '../undo';
import { RefusedEdit } from './refused-edit';

/** A marker at a frame; nothing where one stands there already. */
export const addMarker =
  (frame: number, id: string): Edit =>
  (draft) => {
    if (draft.markers.some((marker) => marker.frame === frame)) return;
    draft.markers.push({ id, frame, name: '', color: 'green' });
  };

export interface MarkerChange {
  readonly frame?: number;
  readonly name?: string;
  readonly color?: MarkerColor;
}

/** @throws RefusedEdit `gone` */
export const setMarker =
  (id: string, { frame, name, color }: MarkerChange): Edit =>
  (draft) => {
    const marker = draft.markers.find((one) => one.id === id);
    if (marker === undefined) throw new RefusedEdit('gone');
    if (frame !== undefined) marker.frame = Math.max(0, Math.round(frame));
    if (name !== undefined) marker.name = name;
    if (color !== undefined) marker.color = color;
  };

/** @throws RefusedEdit `gone` */
export const removeMarker =
  (id: string): Edit =>
  (draft) => {
    const at = draft.markers.findIndex((one) => one.id === id);
    if (at === -1) throw new RefusedEdit('gone');
    draft.markers.splice(at, 1);
  };
