import { Option, type Command } from 'commander';
import { shiftWaveform, waveformSource, type Waveform } from '../../audio';
import { AiprodError } from '../../errors';
import { formatOfPath, type AudioCodec } from '../../media';
import { checkSoundCodec, checkWritable, openVideo, readSound, writeWithSound } from '../../media/node';
import { lumaPlane, colorPlanes, measureSync, observeSight, syncOverTime, type Sight, type SyncFigures } from '../../metrics';
import { describeSync, describeWindows } from '../describe-sync';
import { audioCodecOption } from '../option-values';
import { createOutput, type Output } from '../output';

interface SyncCommandOptions {
  readonly out?: string;
  readonly offset: number | 'auto';
  readonly audioCodec?: AudioCodec;
  readonly json: boolean;
}

export function addSync(command: Command): void {
  command
    .description(
      'scores how sound and picture of a clip lie to each other, and with --out shifts the sound; the picture is copied as it is',
    )
    .argument('<clip>', 'MP4, MOV, WebM or MKV with sound')
    .option('--out <file>', 'where the corrected clip goes: .mp4 or .webm')
    .addOption(
      new Option('--offset <frames>', 'by how many frames the sound is late (negative: early), or auto: as it is measured')
        .argParser(offsetOf)
        .default('auto'),
    )
    .addOption(audioCodecOption())
    .addOption(new Option('--json', 'one JSON document on stdout').default(false).env('AIPROD_JSON'))
    .action((clip: string, options: SyncCommandOptions) => sync(clip, options));
}

/** Most frames that a sound is shifted by. */
const mostFrames = 100_000;

function offsetOf(text: string): number | 'auto' {
  const frames = Number(text);
  if (text === 'auto') return text;
  if (text.trim() !== '' && Math.abs(frames) <= mostFrames) return frames;
  throw new AiprodError('bad-usage', 'The offset cannot be understood', {
    expected: 'a number of frames, such as 3 or -1.5, or auto',
    found: text,
  });
}

async function sync(file: string, options: SyncCommandOptions): Promise<void> {
  const { out, offset, audioCodec, json } = options;
  const output = createOutput({ json, progress: 'none', logLevel: 'info' });
  if (out === undefined && (offset !== 'auto' || audioCodec !== undefined)) {
    throw new AiprodError('bad-usage', 'There is no place for a corrected clip', {
      expected: '--out FILE',
      hint: 'Add for example --out clip.mp4',
    });
  }
  if (out !== undefined) await checkWritable(out, formatOfPath(out));
  if (out !== undefined && audioCodec !== undefined) await checkSoundCodec(out, audioCodec);
  const sound = await readSound(file);
  if (sound === null) throw new AiprodError('bad-input', 'The clip holds no sound', { where: file, expected: 'a file with a sound track' });
  const { sight, frameRate } = await watch(file, offset === 'auto');
  if (out === undefined) monitor(sight, sound, file, output);
  else await correct(sight, sound, { ...options, file, out, frameRate }, output);
}

/** Scores the clip as it is, whole and over time. */
function monitor(sight: Sight | undefined, sound: Waveform, file: string, output: Output): void {
  if (sight === undefined) throw new AiprodError('internal', 'the clip was not watched');
  const figures = measureSync(sight, sound);
  const windows = syncOverTime(sight, sound);
  output.line(`${file}  ${describeSync(figures)}`);
  if (figures.score !== undefined) output.line(`score  ${figures.score.toFixed(2)}`);
  if (windows.length > 1) output.line(`score over time  ${describeWindows(windows)}`);
  output.json({ file, frameRate: sight.frameRate, ...nulled(figures), windows: windows.map(nulled) });
}

/** JSON leaves out what is undefined: what cannot be told is null. */
function nulled<Figures extends Pick<SyncFigures, 'offset' | 'offsetFrames' | 'score'>>(figures: Figures) {
  const { offset = null, offsetFrames = null, score = null } = figures;
  return { ...figures, offset, offsetFrames, score };
}

interface Correction extends SyncCommandOptions {
  readonly file: string;
  readonly out: string;
  readonly frameRate: number;
}

async function correct(
  sight: Sight | undefined,
  sound: Waveform,
  { file, out, offset, audioCodec, frameRate }: Correction,
  output: Output,
): Promise<void> {
  const frames = offset === 'auto' ? offsetToCorrect(sight, sound, file, output) : offset;
  const corrected = shiftWaveform(sound, -frames / frameRate);
  await writeWithSound(file, out, { source: waveformSource(corrected), ...(audioCodec === undefined ? {} : { codec: audioCodec }) });
  const scores =
    sight === undefined ? {} : { before: measureSync(sight, sound).score ?? null, after: measureSync(sight, corrected).score ?? null };
  const seconds = frames / frameRate;
  output.line(
    `${out}  the sound is ${Math.abs(seconds).toFixed(3)} s (${Math.abs(frames).toFixed(2)} frames) ${frames < 0 ? 'later' : 'earlier'}`,
  );
  output.json({ file, out, offsetFrames: frames, offset: seconds, frameRate, ...scores });
}

/** A clip's frame rate, and what is seen in it where that is asked for. */
async function watch(file: string, all: boolean): Promise<{ readonly sight: Sight | undefined; readonly frameRate: number }> {
  const clip = await openVideo(file);
  try {
    if (clip.frameRate === null) throw new AiprodError('bad-input', 'The clip has no frame rate', { where: file });
    const frameRate = clip.frameRate.numerator / clip.frameRate.denominator;
    if (!all) return { sight: undefined, frameRate };
    const observer = observeSight(frameRate);
    for await (const picture of clip.pictures()) {
      const pixels = picture.rgba();
      observer.add(colorPlanes(pixels, picture.width, picture.height), lumaPlane(pixels, picture.width, picture.height));
    }
    return { sight: observer.sight(), frameRate };
  } finally {
    await clip.close();
  }
}

function offsetToCorrect(sight: Sight | undefined, sound: Waveform, file: string, output: Output): number {
  if (sight === undefined) throw new AiprodError('internal', 'the clip was not watched');
  const { offsetFrames, confidence } = measureSync(sight, sound);
  if (offsetFrames === undefined) {
    throw new AiprodError('check-failed', 'No offset can be told, so nothing is corrected', {
      where: file,
      expected: 'a clip whose picture and sound have events in common',
      found: `a confidence of ${confidence.toFixed(1)}`,
      hint: 'Say the offset: --offset FRAMES',
    });
  }
  output.info(
    `measured: the sound is ${Math.abs(offsetFrames).toFixed(2)} frames ${offsetFrames < 0 ? 'early' : 'late'} (confidence ${confidence.toFixed(1)})`,
  );
  return offsetFrames;
}
