import { layersAt, mediaFrameAt, type Sequence } from '../../src/project';
import type { LayerFrame } from './composing';
import type { MediaFiles } from './media-files';

export interface FramePictures {
  readonly layers: readonly LayerFrame[];
  /** Media whose files are not there; their layers are left out. */
  readonly missing: readonly string[];
}

/**
 * What a frame of a sequence is made of, decoded.
 * @param isStale asked between frames: whether nobody waits for it any more
 * @returns undefined when it became stale
 */
export async function picturesOf(
  files: MediaFiles,
  sequence: Sequence,
  frame: number,
  isStale: () => boolean,
): Promise<FramePictures | undefined> {
  const layers: LayerFrame[] = [];
  const missing: string[] = [];
  for (const layer of layersAt(sequence, frame)) {
    if (layer.source.kind === 'title') {
      layers.push({ layer, picture: undefined });
      continue;
    }
    const { media, time } = layer.source;
    if (!files.has(media)) {
      missing.push(media);
      continue;
    }
    const clip = await files.clip(media);
    const picture = await clip.reach(mediaFrameAt(clip.timing, time), isStale);
    if (picture === undefined) return undefined;
    layers.push({ layer, picture });
  }
  return { layers, missing };
}
