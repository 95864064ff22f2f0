import type { Thumbnail } from './thumbnail';

/** Thumbnails of a clip, `SIGNATURE_FRAMES` of them. */
export type ClipSignature = readonly Thumbnail[];

/** Frames that a clip is known by, in the middle of as many equal parts of its length. */
export const SIGNATURE_FRAMES = 8;
