import type { SkippedSample } from './sample-set';

/** Files of one sample, as paths of its source, before anything is computed. Names of the fields are columns of descriptions. */
export interface MediaItem {
  /** Path of the main file without its ending: where the sample's tensors go. */
  readonly id: string;
  /** Video or image that is learned. */
  readonly video?: string;
  /** Sound that is learned; where absent, the video's own. */
  readonly audio?: string;
  readonly caption?: string;
  /** What conditions it: IC-LoRA. */
  readonly reference_video?: string;
  readonly reference_audio?: string;
  /** White where the picture is given, black where it is to be made. */
  readonly video_mask?: string;
  /** Loud where the sound is given, silent where it is to be made; or JSON: `latentSoundMask`. */
  readonly audio_mask?: string;
}

/** A data set as it is described, in the order of its description. */
export interface MediaSet {
  readonly items: readonly MediaItem[];
  /** Rows that cannot be used, by line or path, and why. */
  readonly rejected: readonly SkippedSample[];
}

/** Columns that name files. */
export const FILE_COLUMNS = ['video', 'audio', 'reference_video', 'reference_audio', 'video_mask', 'audio_mask'] as const;

/** `folder/clip.mp4` without `.mp4`. */
export function withoutEnding(path: string): string {
  return path.replace(/\.[^./]+$/, '');
}
