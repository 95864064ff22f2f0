import type { Command } from 'commander';
import { z } from 'zod';
import { createCompositor, type Compositor } from '../../compositing';
import {
  mediaInRange,
  nodeTitleDrawer,
  openSequenceRenderer,
  openSequenceSound,
  titlesInRange,
  type SequenceSound,
} from '../../compositing/node';
import { AiprodError } from '../../errors';
import { AUDIO_CODECS, AUDIO_CODECS_OF_FORMAT, formatFrameRate, formatOfPath } from '../../media';
import { checkSoundCodec, checkWritable, openVideoWriter } from '../../media/node';
import { sequenceFrames, type MediaItem, type PictureSize, type Sequence } from '../../project';
import { openProject, type ProjectOnDisk } from '../../project/node';
import { measureLevels, type SoundSource } from '../../audio';
import { openContext, type OpenContext } from '../device';
import { outputOf, readGlobalOptions } from '../global-options';
import { abortOnSignals } from '../interrupt';
import { audioCodecOption, oneOf, wholeNumber } from '../option-values';
import { formatSeconds } from '../output';

const qualities = ['low', 'medium', 'high', 'very-high'] as const;
const largestSide = 16_384;

const renderSchema = z.object({
  out: z.string(),
  from: z.number().optional(),
  to: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  quality: z.enum(qualities),
  audioCodec: z.enum(AUDIO_CODECS).optional(),
  allowMissing: z.boolean(),
});

export function addRender(command: Command): void {
  command
    .description('a project’s sequence to a video')
    .argument('<project>', 'an .aiprod file, or a folder with project.json')
    .requiredOption('--out <file>', 'where it goes: .mp4, .webm, .gif, .png (a folder of frames), .y4m')
    .option('--from <frame>', 'first frame, from 0', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--to <frame>', 'frame to end before; default: the end', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--width <pixels>', 'default: the sequence’s, or as the height asks', wholeNumber(1, largestSide))
    .option('--height <pixels>', 'default: the sequence’s, or as the width asks', wholeNumber(1, largestSide))
    .option('--quality <name>', qualities.join(', '), oneOf(qualities), 'high')
    .addOption(audioCodecOption())
    .option('--allow-missing', 'draws files that are missing black, instead of stopping', false)
    .action((path: string) => render(command, path));
}

async function render(command: Command, path: string): Promise<void> {
  const globals = readGlobalOptions(command);
  const options = renderSchema.parse(command.opts());
  const output = outputOf(globals);
  const format = formatOfPath(options.out);
  await checkWritable(options.out, format);
  const opened = await openProject(path);
  const interrupt = abortOnSignals();
  let device: OpenContext | undefined;
  let compositor: Compositor | undefined;
  let mix: SequenceSound | null = null;
  try {
    for (const note of opened.notes) output.info(note);
    const { sequence, media } = opened.project;
    const range = rangeOf(sequence, options);
    const size = sizeOf(sequence, options);
    const used = mediaInRange(sequence, range);
    const files = await findFiles(
      opened,
      media.filter(({ id }) => used.has(id)),
      options.allowMissing,
      (line) => output.info(line),
    );
    const titles = nodeTitleDrawer();
    const withoutFont = new Set<string>();
    for (const title of titlesInRange(sequence, range))
      for (const letter of (await titles.check(title))?.letters ?? []) withoutFont.add(letter);
    if (withoutFont.size > 0) output.info(`letters that no font of titles has are drawn as boxes: ${[...withoutFont].join(' ')}`);
    const began = performance.now();
    const holdsSound = AUDIO_CODECS_OF_FORMAT[format].length > 0;
    mix = holdsSound ? await openSequenceSound({ sequence, files }, range) : null;
    if (mix !== null) await checkSoundCodec(options.out, options.audioCodec ?? AUDIO_CODECS_OF_FORMAT[format][0]);
    const stopWhenAsked = (): void => {
      if (interrupt.signal.aborted) throw new AiprodError('cancelled', 'rendering was stopped', { hint: 'Nothing was written' });
    };
    const source = mix === null ? null : readUnless(mix, stopWhenAsked);
    // Read twice, once to be measured: nothing of it is kept.
    const peak = source === null ? -Infinity : (await measureLevels(source)).truePeak;
    if (peak > 0) output.info(`the sound is too loud by ${peak.toFixed(1)} dB and is cut off at its peaks: lower the gain of its clips`);
    const sound = source === null ? {} : { sound: { source, ...(options.audioCodec === undefined ? {} : { codec: options.audioCodec }) } };
    const writer = await openVideoWriter(options.out, { ...size, format, frameRate: sequence.rate, quality: options.quality, ...sound });
    const renderer = openSequenceRenderer({
      ...{ sequence, media, files, output: size, titles },
      async compositor() {
        device ??= await openContext(globals, output);
        compositor ??= createCompositor(device.context);
        return compositor;
      },
    });
    const steps = range.end - range.start;
    try {
      for (let step = 0; step < steps; step++) {
        stopWhenAsked();
        await writer.addFrame(await renderer.frame(range.start + step), step);
        const left = ((performance.now() - began) / 1000 / (step + 1)) * (steps - step - 1);
        output.progress({ kind: 'progress', stage: 'write', step: step + 1, steps, etaSeconds: left });
      }
      await writer.finish();
    } catch (error) {
      await writer.abort();
      throw error;
    } finally {
      await renderer.close();
    }
    const seconds = (performance.now() - began) / 1000;
    output.line(
      `${options.out}  ${size.width}x${size.height}, ${steps} frames at ${formatFrameRate(sequence.rate)}  (${formatSeconds(seconds)})`,
    );
    const missing = media.filter(({ id }) => used.has(id) && !files.has(id)).map(({ name }) => name);
    const heard =
      source === null ? null : { sampleRate: source.sampleRate, samples: source.length, truePeak: peak === -Infinity ? null : peak };
    output.json({
      out: options.out,
      ...size,
      frames: steps,
      frameRate: formatFrameRate(sequence.rate),
      sound: heard,
      missing,
      boxes: [...withoutFont],
      seconds,
    });
  } finally {
    interrupt.dispose();
    output.endProgress();
    await mix?.close();
    compositor?.close();
    await opened.close();
    await device?.close();
  }
}

/** A sound whose reading can be stopped. @param refuse throws when it is to be */
const readUnless = (source: SoundSource, refuse: () => void): SoundSource => ({
  ...source,
  async read(start, end) {
    refuse();
    return source.read(start, end);
  },
});

/** @throws AiprodError `bad-usage` for a range that is none of the sequence, `bad-input` for a sequence without clips */
function rangeOf(
  sequence: Sequence,
  { from = 0, to }: { readonly from?: number; readonly to?: number },
): { readonly start: number; readonly end: number } {
  const frames = sequenceFrames(sequence);
  if (frames === 0) throw new AiprodError('bad-input', 'the sequence holds no clip', { hint: 'Put clips on its tracks in the studio' });
  const end = to ?? frames;
  if (from < end && end <= frames) return { start: from, end };
  throw new AiprodError('bad-usage', 'the sequence has no such frames', {
    expected: `--from and --to within 0 to ${frames}`,
    found: `${from} to ${end}`,
  });
}

/** The size that is written: the sequence's, or of its shape; a side that follows from the other is even, as most codecs need it. */
function sizeOf(sequence: PictureSize, { width, height }: { readonly width?: number; readonly height?: number }): PictureSize {
  const even = (side: number): number => Math.max(2, 2 * Math.round(side / 2));
  if (width !== undefined && height !== undefined) return { width, height };
  if (width !== undefined) return { width, height: even((width * sequence.height) / sequence.width) };
  if (height !== undefined) return { width: even((height * sequence.width) / sequence.height), height };
  return { width: sequence.width, height: sequence.height };
}

/** Paths of files by the id of their media. @throws AiprodError `bad-input` that names every file that is missing */
async function findFiles(
  { media: find }: ProjectOnDisk,
  media: readonly MediaItem[],
  allowMissing: boolean,
  tell: (line: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const missing: string[] = [];
  for (const item of media) {
    const found = await find(item);
    if ('path' in found) files.set(item.id, found.path);
    else missing.push(`${item.path ?? item.name}${found.missing === 'different' ? ' (there is one with another content)' : ''}`);
  }
  if (missing.length === 0) return files;
  if (allowMissing) {
    tell(`missing, drawn black and not heard: ${missing.join(', ')}`);
    return files;
  }
  throw new AiprodError('bad-input', `${missing.length === 1 ? 'a file' : `${missing.length} files`} of the project cannot be found`, {
    found: missing.join(', '),
    hint: 'Put them back, or draw them black with --allow-missing',
  });
}
