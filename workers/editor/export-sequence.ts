import { normalizeLoudness, WEB_LOUDNESS, wholeSound, type SoundSource, type Waveform } from '../../src/audio';
import { AiprodError } from '../../src/errors';
import { createFrameCache, type AudioCodec, type FrameRate, type Quality, type VideoCodec, type VideoWriter } from '../../src/media';
import { openFrameWriter, openVideoWriter } from '../../src/media/browser';
import { divide, floor, mixSound, multiply, rational, soundsIn, type MixRange, type Sequence } from '../../src/project';
import type { Composing } from './composing';
import { downloadFile, dropDownload, targetFile, targetFrames, type ExportTarget } from './export-target';
import { picturesOf } from './frame-pictures';
import type { KeptFrame } from './kept-frame';
import type { MediaFiles } from './media-files';

/** What is to be made of a sequence. */
export interface ExportSettings {
  readonly sequence: Sequence;
  /** Frames of the sequence, `end` not included. */
  readonly start: number;
  readonly end: number;
  readonly format: 'mp4' | 'webm' | 'gif' | 'png';
  readonly codec?: VideoCodec;
  /** Pixels; even for mp4 and webm. */
  readonly width: number;
  readonly height: number;
  readonly rate: FrameRate;
  readonly quality: Quality;
  /** Left out: silent. */
  readonly audioCodec?: AudioCodec;
  /** LUFS that the whole is turned to; as loud as it is when left out. */
  readonly loudness?: number;
  /** Goes into the file, where it carries such: JSON. */
  readonly record?: unknown;
}

export interface ExportProgress {
  /** Frames written, of so many. */
  readonly frame: number;
  readonly frames: number;
}

/** Bytes of decoded frames that an export keeps: it goes one way, so a group of pictures is enough. */
const cacheBytes = 64 * 2 ** 20;

/** Frames of an export: the range at its own rate, the last one begun counts. */
export function exportedFrames({ sequence, start, end, rate }: Pick<ExportSettings, 'sequence' | 'start' | 'end' | 'rate'>): number {
  const exact = multiply(rational(end - start), divide(rate, sequence.rate));
  return Math.max(1, floor(exact) + (exact.denominator === 1 ? 0 : 1));
}

/** The frame of the sequence that lies in the middle of a frame of the export. */
export function sequenceFrameOf(
  { sequence, start, end, rate }: Pick<ExportSettings, 'sequence' | 'start' | 'end' | 'rate'>,
  frame: number,
): number {
  const middle = multiply(rational(2 * frame + 1, 2), divide(sequence.rate, rate));
  return Math.min(end - 1, start + floor(middle));
}

/**
 * Writes a sequence frame by frame; one frame is in memory at a time, and a second of its sound.
 * @returns the file of a download, for the page to offer; undefined where it lies where the person chose
 * @throws AiprodError `cancelled`, `unwritable-output`, `codec-unavailable`, `bad-input` for a file that is missing or damaged
 */
export async function exportSequence(
  settings: ExportSettings,
  target: ExportTarget,
  {
    id,
    files: given,
    composing,
    signal,
    onProgress,
  }: {
    readonly id: string;
    readonly files: MediaFiles;
    readonly composing: Composing;
    readonly signal: AbortSignal;
    readonly onProgress: (progress: ExportProgress) => void;
  },
): Promise<File | undefined> {
  // Decoders and a cache of its own, so that the viewer keeps its place.
  const files = given.beside(createFrameCache<KeptFrame>(cacheBytes));
  try {
    const sound = settings.audioCodec === undefined ? undefined : await mixed(settings, files, signal);
    refuseCancelled(signal);
    const writer = await openWriter(settings, sound, target, id);
    try {
      await writeFrames(settings, writer, files, composing, signal, onProgress);
      await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return target.kind === 'download' ? await downloadFile(target.name, id) : undefined;
  } catch (error) {
    if (target.kind === 'download') await dropDownload(id);
    throw error;
  } finally {
    await files.close();
  }
}

async function openWriter(
  settings: ExportSettings,
  sound: SoundSource | undefined,
  target: ExportTarget,
  id: string,
): Promise<VideoWriter> {
  const { width, height, rate, format, codec, quality, audioCodec, record } = settings;
  const options = { ...{ width, height, frameRate: rate, quality }, ...(record === undefined ? {} : { recipe: record }) };
  if (format === 'png') return openFrameWriter(await targetFrames(target, id), options);
  return openVideoWriter(await targetFile(target, id), {
    ...{ ...options, format },
    ...(codec === undefined ? {} : { codec }),
    ...(sound === undefined ? {} : { sound: { source: sound, ...(audioCodec === undefined ? {} : { codec: audioCodec }) } }),
  });
}

async function writeFrames(
  settings: ExportSettings,
  writer: VideoWriter,
  files: MediaFiles,
  composing: Composing,
  signal: AbortSignal,
  onProgress: (progress: ExportProgress) => void,
): Promise<void> {
  const { sequence, width, height } = settings;
  const frames = exportedFrames(settings);
  for (let frame = 0; frame < frames; frame++) {
    refuseCancelled(signal);
    const made = await picturesOf(files, sequence, sequenceFrameOf(settings, frame), () => false);
    if (made === undefined) throw new AiprodError('internal', 'a frame of the export was given up');
    const [missing] = made.missing;
    if (missing !== undefined) {
      throw new AiprodError('bad-input', 'the file of a clip is missing', { where: missing, hint: 'Add the file to the project again' });
    }
    await writer.addFrame(await composing.pixels(sequence, made.layers, { width, height }), frame);
    onProgress({ frame: frame + 1, frames });
  }
}

function refuseCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AiprodError('cancelled', 'the export was stopped');
}

/** The sound of the range, mixed as it is read; undefined where nothing is heard in it. */
async function mixed(
  { sequence, start, end, loudness }: ExportSettings,
  files: MediaFiles,
  signal: AbortSignal,
): Promise<SoundSource | undefined> {
  if (soundsIn(sequence, { start, end }).length === 0) return undefined;
  const mix = mixOf(sequence, { start, end }, files);
  const sound: SoundSource = {
    ...mix,
    async read(from, to) {
      refuseCancelled(signal);
      return mix.read(from, to);
    },
  };
  return loudness === undefined ? sound : normalizeLoudness(sound, { ...WEB_LOUDNESS, loudness });
}

/** Sounds of files that are missing are silent. */
const mixOf = (sequence: Sequence, range: MixRange, files: MediaFiles): SoundSource =>
  mixSound(sequence, range, async (media) => (files.has(media) ? files.sound(media) : null));

/** The sound of a stretch of frames; null where nothing is heard from there on. Sounds of files that are missing are silent. */
export async function mixStretch(sequence: Sequence, range: MixRange, files: MediaFiles): Promise<Waveform | null> {
  if (soundsIn(sequence, { start: range.start, end: Number.MAX_SAFE_INTEGER }).length === 0) return null;
  return wholeSound(mixOf(sequence, range, files));
}
