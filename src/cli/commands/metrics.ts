import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Option, type Command } from 'commander';
import { integratedLoudness, sampleCount, shiftWaveform, signalToNoise, truePeak, type Waveform } from '../../audio';
import { AiprodError } from '../../errors';
import { encodeWav } from '../../media';
import { openVideo, readSound } from '../../media/node';
import {
  brokenBounds,
  measureClip,
  measureSync,
  observeSight,
  parseBound,
  syncOverTime,
  withSync,
  type Bound,
  type ClipFigures,
  type SyncFigures,
  type SyncWindow,
} from '../../metrics';
import { describeSync, describeWindows } from '../describe-sync';
import { createOutput, type Output } from '../output';

interface MetricsOptions {
  readonly json: boolean;
  readonly min: readonly Bound[];
  readonly sound?: string;
  readonly correctedSound?: string;
}

export function addMetrics(command: Command): void {
  command
    .description('quality figures of a clip or image, by itself and against a reference')
    .argument('<file>', 'MP4, MOV, WebM, MKV, GIF, Y4M, PNG, JPEG, WebP, or a folder of images')
    .argument('[reference]', 'what it is compared with, of the same size and number of frames')
    .addOption(
      new Option('--min <figure=value>', 'least average of a figure, such as psnr=30; exit code 1 below it (repeatable)')
        .argParser((text: string, bounds: readonly Bound[]) => [...bounds, parseBound(text)])
        .default([]),
    )
    .option('--sound <file>', 'what is heard with the clip; default: its own sound, if it has one')
    .option('--corrected-sound <file>', 'writes the sound, shifted into sync with the picture, as .wav')
    .addOption(new Option('--json', 'one JSON document on stdout').default(false).env('AIPROD_JSON'))
    .action((file: string, reference: string | undefined, options: MetricsOptions) => metrics(file, reference, options));
}

/** A clip's figures, and its sound with how it lies to the picture. */
interface Measured {
  readonly figures: ClipFigures;
  readonly sound: Waveform | null;
  readonly sync: (SyncFigures & { readonly windows: readonly SyncWindow[] }) | null;
  readonly audio: SoundFigures | null;
}

/** Figures of a sound by itself, and against that of the reference. */
interface SoundFigures {
  readonly sampleRate: number;
  readonly channels: number;
  readonly seconds: number;
  /** LUFS */
  readonly loudness: number;
  /** dBTP */
  readonly truePeak: number;
  /** dB; absent without a reference that has sound of as many channels. */
  readonly signalToNoise?: number;
}

async function metrics(file: string, reference: string | undefined, options: MetricsOptions): Promise<void> {
  const { json, min, correctedSound } = options;
  if (correctedSound !== undefined && extname(correctedSound).toLowerCase() !== '.wav') {
    throw new AiprodError('bad-usage', 'The corrected sound is written as WAV', {
      expected: 'a name that ends in .wav',
      found: correctedSound,
    });
  }
  const output = createOutput({ json, progress: 'none', logLevel: 'info' });
  const { figures, sound, sync, audio } = await measureFiles(file, reference, options.sound, output);
  const broken = brokenBounds(figures, min);
  const { frames, summary, ...shape } = figures;
  output.json(finite({ file, ...(reference === undefined ? {} : { reference }), ...shape, summary, audio, sync, broken, frames }));
  for (const [name, { average, min: least, max }] of Object.entries(summary)) {
    output.line(`${name.padEnd(20)}  average ${decimal(average)}  min ${decimal(least)}  max ${decimal(max)}`);
  }
  if (audio !== null) output.line(`${'loudness'.padEnd(20)}  ${describeSound(audio)}`);
  if (sync !== null) output.line(`${'sound'.padEnd(20)}  ${describeSync(sync)}`);
  if (sync !== null && sync.windows.length > 1) output.line(`${'sync over time'.padEnd(20)}  ${describeWindows(sync.windows)}`);
  if (correctedSound !== undefined) await writeCorrected(correctedSound, file, sound, sync);
  if (broken.length > 0) {
    throw new AiprodError('check-failed', 'The clip is below a bound', {
      where: file,
      expected: broken.map(({ figure, least }) => `${figure} of at least ${least}`).join(', '),
      found: broken.map(({ average }) => decimal(average)).join(', '),
    });
  }
}

async function measureFiles(file: string, reference: string | undefined, soundFile: string | undefined, output: Output): Promise<Measured> {
  const clip = await openVideo(file);
  try {
    const other = reference === undefined ? null : await openVideo(reference);
    try {
      const sound = await soundOf(file, soundFile, output);
      const audio =
        sound === null ? null : measureSound(sound, reference === undefined ? null : await soundOf(reference, undefined, output));
      if (sound === null || clip.frameRate === null) return { figures: await measureClip(clip, other), sound, sync: null, audio };
      const observer = observeSight(clip.frameRate.numerator / clip.frameRate.denominator);
      const figures = await measureClip(clip, other, observer);
      const sync = measureSync(observer.sight(), sound);
      const windows = syncOverTime(observer.sight(), sound);
      return { figures: withSync(figures, sync), sound, sync: { ...sync, windows }, audio };
    } finally {
      await other?.close();
    }
  } finally {
    await clip.close();
  }
}

/** Files that may hold sound beside a picture. */
const WITH_SOUND = new Set(['.mp4', '.m4v', '.mov', '.webm', '.mkv']);

/** A clip's own sound that nothing here decodes is left out, with a notice; one that was asked for must be read. */
async function soundOf(file: string, soundFile: string | undefined, output: Output): Promise<Waveform | null> {
  if (soundFile === undefined) {
    if (!WITH_SOUND.has(extname(file).toLowerCase())) return null;
    try {
      return await readSound(file);
    } catch (error) {
      if (!(error instanceof AiprodError) || error.code !== 'codec-unavailable') throw error;
      output.info(`the sound is left out: ${error.message}`);
      return null;
    }
  }
  const sound = await readSound(soundFile);
  if (sound !== null) return sound;
  throw new AiprodError('bad-input', 'The file holds no sound', { where: soundFile, expected: 'a file with a sound track' });
}

function measureSound(sound: Waveform, reference: Waveform | null): SoundFigures {
  return {
    sampleRate: sound.sampleRate,
    channels: sound.channels.length,
    seconds: sampleCount(sound) / sound.sampleRate,
    loudness: integratedLoudness(sound),
    truePeak: truePeak(sound),
    ...(reference === null || reference.channels.length !== sound.channels.length
      ? {}
      : { signalToNoise: signalToNoise(reference, sound) }),
  };
}

function describeSound({ loudness, truePeak: peak, signalToNoise: ratio }: SoundFigures): string {
  const noise = ratio === undefined ? '' : `, ${decimal(ratio)} dB against the reference's sound`;
  return `${tenths(loudness)} LUFS, peak ${tenths(peak)} dBTP${noise}`;
}

const tenths = (value: number): string => (value === -Infinity ? '-inf' : value.toFixed(1));

async function writeCorrected(path: string, file: string, sound: Waveform | null, sync: SyncFigures | null): Promise<void> {
  if (sound === null || sync?.offset === undefined) {
    throw new AiprodError('check-failed', 'No offset can be told, so nothing is corrected', {
      where: file,
      expected: 'a clip with a frame rate whose motion and sound have events in common',
      found: sound === null ? 'no sound' : sync === null ? 'no frame rate' : `a confidence of ${decimal(sync.confidence)}`,
    });
  }
  await writeFile(path, encodeWav(shiftWaveform(sound, -sync.offset)));
}

const decimal = (value: number): string => (Number.isFinite(value) ? value.toFixed(4) : 'inf');

/** JSON has no infinity, which is the PSNR of equal pictures and the loudness of silence: it becomes the text `inf` or `-inf`. */
function finite(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : value < 0 ? '-inf' : 'inf';
  if (Array.isArray(value)) return value.map(finite);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, finite(item)]));
  return value;
}
