/** What a converter is asked to make of a file, by what it found in it: a pure function, tested without a converter. */
import { z } from 'zod';
import { isFrameRate, parseFrameRate, type FrameRate } from '../../media';

const streamSchema = z.object({
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  pix_fmt: z.string().optional(),
  color_space: z.string().optional(),
  sample_aspect_ratio: z.string().optional(),
  r_frame_rate: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  channels: z.number().optional(),
  start_time: z.string().optional(),
  disposition: z.object({ attached_pic: z.number() }).partial().optional(),
});

/** What ffprobe says of a file (`-show_streams -show_format -of json`), as far as it is asked here. */
export const probeSchema = z.object({
  streams: z.array(streamSchema),
  format: z.object({ start_time: z.string(), duration: z.string() }).partial().optional(),
});
export type Probe = z.infer<typeof probeSchema>;

export interface ConversionPlan {
  readonly kind: 'video' | 'sound';
  /** Name and type of what is made. */
  readonly ending: '.mp4' | '.flac';
  readonly type: string;
  /** Of ffmpeg, between those of the input and the name of the output. */
  readonly parameters: readonly string[];
  /** Seconds, where the file says so. */
  readonly duration?: number;
}

/**
 * Rate factor of H.264 at which a difference is hard to see even frame by frame; and a key frame in half a second, for an editor jumps.
 */
const RATE_FACTOR = 12;
const KEY_FRAMES_EVERY = 0.5;
/** Bits a second of one channel of Opus, from which on listeners hear no difference to what it was made from. */
const BITS_OF_CHANNEL = 160_000;

/** @returns undefined of a file in which there is neither video nor sound */
export function conversionPlan({ streams, format }: Probe): ConversionPlan | undefined {
  const seconds = Number(format?.duration);
  const duration = Number.isFinite(seconds) && seconds > 0 ? { duration: seconds } : {};
  const video = streams.find((stream) => stream.codec_type === 'video' && stream.disposition?.attached_pic !== 1);
  const sound = streams.find(({ codec_type: type }) => type === 'audio');
  if (video === undefined) {
    if (sound === undefined) return undefined;
    return { kind: 'sound', ending: '.flac', type: 'audio/flac', parameters: ['-map', '0:a:0', '-c:a', 'flac', '-f', 'flac'], ...duration };
  }
  const { numerator, denominator } = rateOf(video);
  const colours = coloursOf(video);
  const wait = waitBefore(video, format);
  const channels = Math.min(2, sound?.channels ?? 2);
  const parameters = [
    ...['-map', '0:V:0', '-map', '0:a:0?', '-map_metadata', '-1'],
    // The editor counts whole frames of one rate: of a file whose frames come unevenly some are shown twice, or left out.
    ...['-r', `${numerator}/${denominator}`, '-fps_mode', 'cfr'],
    ...filtersOf(video, wait, colours.filter),
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(RATE_FACTOR), '-pix_fmt', 'yuv420p'],
    ...['-g', String(Math.max(1, Math.round((KEY_FRAMES_EVERY * numerator) / denominator)))],
    ...colours.tags,
    ...(sound === undefined
      ? []
      : [
          ...(wait === 0 ? [] : ['-af', `atrim=start=${wait},asetpts=PTS-${wait}/TB`]),
          '-c:a',
          'libopus',
          '-ac',
          String(channels),
          '-ar',
          '48000',
          '-b:a',
          String(BITS_OF_CHANNEL * channels),
        ]),
    ...['-f', 'mp4'],
  ];
  return { kind: 'video', ending: '.mp4', type: 'video/mp4', parameters, ...duration };
}

type Stream = z.infer<typeof streamSchema>;

/** Rates that cameras and broadcasts have. */
const USUAL_RATES = ['24000/1001', '24', '25', '30000/1001', '30', '50', '60000/1001', '60'].map((text) => parseFrameRate(text));
const ASSUMED_RATE: FrameRate = { numerator: 25, denominator: 1 };
/** Most frames a second that are taken for a rate; more are ticks of a clock. */
const MOST_RATE = 240;
/** Part by which a mean may lie beside the rate that it is of: a cut at the end, rounded times. */
const NEAR = 0.01;

/**
 * The rate of a stream: the one that it says, where its mean agrees; else the usual one that its mean is near; else what it says. Two fields
 * to a frame, and fields that are repeated, make it say a larger one than that of its frames.
 */
function rateOf({ r_frame_rate: said = '', avg_frame_rate: mean = '' }: Stream): FrameRate {
  const [stated, average] = [fraction(said), fraction(mean)];
  const value = ({ numerator, denominator }: FrameRate): number => numerator / denominator;
  const near = (rate: FrameRate): boolean => average !== undefined && Math.abs(value(rate) / value(average) - 1) < NEAR;
  if (stated !== undefined && value(stated) <= MOST_RATE && (average === undefined || near(stated))) return stated;
  return USUAL_RATES.filter(near).sort((a, b) => distance(a, average) - distance(b, average))[0] ?? average ?? stated ?? ASSUMED_RATE;
}

const distance = (rate: FrameRate, to: FrameRate | undefined): number =>
  to === undefined ? 0 : Math.abs(rate.numerator / rate.denominator - to.numerator / to.denominator);

function fraction(text: string): FrameRate | undefined {
  const [numerator, denominator] = text.split('/').map(Number);
  const rate = { numerator, denominator };
  return isFrameRate(rate) ? rate : undefined;
}

/**
 * Seconds between the beginning of a file and its first picture, where its sound begins first. The first picture would be shown so much
 * longer; instead the sound is cut to begin with it.
 */
function waitBefore({ start_time: first = '' }: Stream, format: Probe['format']): number {
  const wait = Number.parseFloat(first) - Number.parseFloat(format?.start_time ?? '');
  // Told in microseconds, of which a difference has more digits.
  return wait > 0 ? Math.round(wait * 1e6) / 1e6 : 0;
}

/** Square pixels, and an even size, which colours of half the resolution need: at most a line and a column are cut off. */
function filtersOf(
  { width = 0, height = 0, sample_aspect_ratio: aspect = '' }: Stream,
  wait: number,
  colours: readonly string[],
): readonly string[] {
  const [across, down] = aspect.split(':').map(Number);
  const even = (side: number): number => Math.max(2, 2 * Math.floor(side / 2));
  const isSquare = !(across > 0 && down > 0) || across === down;
  const wide = isSquare ? width : 2 * Math.round((width * across) / down / 2);
  const shape = isSquare
    ? even(width) === width && even(height) === height
      ? []
      : [`crop=${even(width)}:${even(height)}:0:0`]
    : [`scale=${even(wide)}:${even(height)}:flags=lanczos`, 'setsar=1'];
  const filters = [...(wait === 0 ? [] : [`setpts=PTS-${wait}/TB`]), ...colours, ...shape];
  return filters.length === 0 ? [] : ['-vf', filters.join(',')];
}

/** Largest standard-definition frame: what is larger and does not say its colours is taken for BT.709, the rest for BT.601, as players do. */
const SD_WIDTH = 1280;
const SD_HEIGHT = 576;

/** How colours are coded, said in the file: a decoder would have to guess again. Colours that are red, green and blue are coded as BT.709. */
function coloursOf({ pix_fmt: format = '', color_space: space = 'unknown', width = 0, height = 0 }: Stream): {
  readonly filter: readonly string[];
  readonly tags: readonly string[];
} {
  const tags = (name: string): readonly string[] => ['-colorspace', name, '-color_primaries', name, '-color_trc', name];
  if (/rgb|bgr|gbr|pal8/.test(format)) return { filter: ['scale=out_color_matrix=bt709:out_range=tv'], tags: tags('bt709') };
  if (space !== 'unknown' && space !== '') return { filter: [], tags: [] };
  return { filter: [], tags: tags(width >= SD_WIDTH || height > SD_HEIGHT ? 'bt709' : 'smpte170m') };
}
