import type { ExportProgress } from '../../workers';
import type { AudioCodec, FrameRate, Quality, VideoCodec } from '../media';

/** What a program exports, and how. Everything but `what` concerns the sequence; a clip is the file that it is. */
export interface ExportOptions {
  /** The sequence where it has clips, else the newest clip, when left out. */
  readonly what?: 'sequence' | 'clip';
  /** MP4 when left out; `png` is an archive (ZIP) of numbered frames. */
  readonly format?: 'mp4' | 'webm' | 'gif' | 'png';
  /** The first that this browser writes into the format when left out. */
  readonly codec?: VideoCodec;
  /** Frames of the sequence, `end` not included; all of it when left out. */
  readonly start?: number;
  readonly end?: number;
  /** Pixels, at most the sequence's, which it is when left out; the width follows, and both are even in mp4 and webm. */
  readonly height?: number;
  /** Frames a second of the file; the sequence's when left out. */
  readonly rate?: FrameRate;
  /** `high` when left out. */
  readonly quality?: Quality;
  /** The first that this browser writes into the format when left out; `none` for a silent file. */
  readonly audioCodec?: AudioCodec | 'none';
  /** LUFS that the sound is turned to, below 0; as loud as it is when left out. */
  readonly loudness?: number;
  /** A file that the host chose, to be written in place of one in the browser's private storage. */
  readonly to?: FileSystemFileHandle;
  readonly onProgress?: (progress: ExportProgress) => void;
  /** Stops it: nothing is left behind. */
  readonly signal?: AbortSignal;
}
