import { framesPerSecond, type GeneratedClip } from '../../pipelines';

/** A clip of this session. */
export interface Clip {
  readonly id: string;
  /** Place in the session, from 1. */
  readonly number: number;
  readonly prompt: string;
  readonly content: GeneratedClip;
  /** Seconds from Generate to the finished file, pauses not counted. */
  readonly madeInSeconds: number;
  /** The clip of the timeline that it was made for: it may take its place. */
  readonly replaces?: string;
}

/** Most clips the session keeps, and most bytes of their frames and sound: older ones leave the list first. */
export const historyLimits = { clips: 24, frameBytes: 512 * 1024 * 1024 } as const;

/** The newest clips that fit the limits, newest first; the newest always stays. */
export function withinLimits(clips: readonly Clip[], limits: { clips: number; frameBytes: number } = historyLimits): Clip[] {
  let bytes = 0;
  return clips.filter((clip, index) => {
    bytes += clip.content.pixels.byteLength + soundBytes(clip.content);
    return index === 0 || (index < limits.clips && bytes <= limits.frameBytes);
  });
}

function soundBytes({ sound }: GeneratedClip): number {
  return (sound?.waveform.channels ?? []).reduce((sum, samples) => sum + samples.byteLength, 0);
}

/** Seconds the clip plays. */
export function clipSeconds({ frameCount, frameRate }: GeneratedClip): number {
  return frameCount / framesPerSecond(frameRate);
}

/** RGBA of one frame, a view into the clip's pixels. */
export function framePixels({ pixels, width, height }: GeneratedClip, frame: number): Uint8ClampedArray<ArrayBuffer> {
  const frameBytes = width * height * 4;
  return pixels.subarray(frame * frameBytes, (frame + 1) * frameBytes);
}

/** A file name that says what is in it: `a-red-ball-bouncing-seed-42.mp4`. */
export function clipFileName({ prompt, content }: Clip): string {
  const words = prompt
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '');
  const short = words.length <= 60 ? words : words.slice(0, 60).replace(/-[^-]*$/, '');
  return `${short === '' ? 'clip' : short}-seed-${content.recipe.job.seed ?? 0}.${content.file.extension.replace(/^\./, '')}`;
}

/** A clip as a file under that name. */
export function clipFile(clip: Clip): File {
  const { bytes, mimeType } = clip.content.file;
  return new File([bytes], clipFileName(clip), { type: mimeType });
}
