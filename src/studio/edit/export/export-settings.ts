import type { ExportSettings } from '../../../../workers';
import type { AudioCodec, FormatReport, FrameRate, Quality, VideoCodec } from '../../../media';
import type { Sequence } from '../../../project';

export const exportFormats = ['mp4', 'webm', 'gif', 'png'] as const;
export type ExportFormat = (typeof exportFormats)[number];
export const qualities: readonly Quality[] = ['low', 'medium', 'high', 'very-high'];
/** Heights that are offered where the sequence is larger; the width follows its shape. */
export const heights = [2160, 1440, 1080, 720, 480, 360, 240] as const;
export const rates: readonly FrameRate[] = [
  { numerator: 12, denominator: 1 },
  { numerator: 16, denominator: 1 },
  { numerator: 24, denominator: 1 },
  { numerator: 25, denominator: 1 },
  { numerator: 30_000, denominator: 1001 },
  { numerator: 30, denominator: 1 },
  { numerator: 50, denominator: 1 },
  { numerator: 60, denominator: 1 },
];
/** LUFS that services on the web, podcasts and broadcasters (EBU R 128) ask for. */
export const loudnesses = { web: -14, podcast: -16, broadcast: -23 } as const;
export const loudnessNames = ['web', 'podcast', 'broadcast'] as const satisfies readonly (keyof typeof loudnesses)[];
export type LoudnessName = (typeof loudnessNames)[number];

/** The form of an export. What is `as-is` is the sequence's own. */
export interface ExportDraft {
  readonly format: ExportFormat;
  /** Undefined of formats that are their own codec. */
  readonly codec: VideoCodec | undefined;
  readonly height: number | 'as-is';
  readonly rate: FrameRate | 'as-is';
  readonly range: 'whole' | 'marked';
  readonly quality: Quality;
  readonly audioCodec: AudioCodec | 'none';
  readonly loudness: LoudnessName | 'as-is';
}

export const presets = ['share', 'web', 'archive', 'gif'] as const;
export type ExportPreset = (typeof presets)[number];

const wanted: Readonly<Record<ExportPreset, ExportDraft>> = {
  share: draftOf({ format: 'mp4', codec: 'h264', quality: 'high', audioCodec: 'aac', loudness: 'web' }),
  web: draftOf({ format: 'webm', codec: 'vp9', quality: 'medium', audioCodec: 'opus', loudness: 'web' }),
  archive: draftOf({ format: 'mp4', codec: 'h264', quality: 'very-high', audioCodec: 'opus' }),
  gif: draftOf({ format: 'gif', codec: undefined, height: 360, rate: rates[0], audioCodec: 'none' }),
};

function draftOf(change: Partial<ExportDraft> & Pick<ExportDraft, 'format' | 'codec' | 'audioCodec'>): ExportDraft {
  return { height: 'as-is', rate: 'as-is', range: 'whole', quality: 'high', loudness: 'as-is', ...change };
}

/** Formats that this browser writes, in the order in which they are offered. */
export function offeredFormats(reports: readonly FormatReport[]): ExportFormat[] {
  return exportFormats.filter((format) => reports.some((report) => report.format === format && report.available));
}

/** A draft as far as this browser can: codecs that it has not are replaced by its first. */
export function possible(draft: ExportDraft, reports: readonly FormatReport[]): ExportDraft {
  const offered = offeredFormats(reports);
  const format = offered.includes(draft.format) ? draft.format : (offered[0] ?? draft.format);
  const report = reports.find((each) => each.format === format);
  const codecs = report?.codecs ?? [];
  const sounds = report?.audioCodecs ?? [];
  const { codec, audioCodec } = draft;
  return {
    ...draft,
    format,
    codec: codec !== undefined && codecs.includes(codec) ? codec : codecs[0],
    audioCodec: audioCodec === 'none' || sounds.includes(audioCodec) ? audioCodec : (sounds[0] ?? 'none'),
  };
}

export const presetDraft = (preset: ExportPreset, reports: readonly FormatReport[]): ExportDraft => possible(wanted[preset], reports);

/** Pixels of an export: the sequence's shape, never larger than it, both sides even where the format has half the colour. */
export function exportedSize(
  { format, height }: Pick<ExportDraft, 'format' | 'height'>,
  sequence: Sequence,
): { width: number; height: number } {
  const scale = height === 'as-is' ? 1 : Math.min(1, height / sequence.height);
  const whole = format === 'mp4' || format === 'webm' ? 2 : 1;
  const side = (pixels: number): number => Math.max(whole, whole * Math.round((pixels * scale) / whole));
  return { width: side(sequence.width), height: side(sequence.height) };
}

export interface ExportedPart {
  readonly sequence: Sequence;
  /** Frames of the sequence, `end` not included. */
  readonly start: number;
  readonly end: number;
  readonly record?: unknown;
}

export function exportSettings(draft: ExportDraft, part: ExportedPart): ExportSettings {
  const { format, codec, rate, quality, audioCodec, loudness } = draft;
  return {
    ...part,
    ...{ format, quality, ...exportedSize(draft, part.sequence) },
    rate: rate === 'as-is' ? part.sequence.rate : rate,
    ...(codec === undefined ? {} : { codec }),
    ...(audioCodec === 'none' ? {} : { audioCodec, ...(loudness === 'as-is' ? {} : { loudness: loudnesses[loudness] }) }),
  };
}
