/** What `editor.test.ts` asks of the editor's worker inside a real browser; it gives back plain data to assert on. */
import { MemorySink, readRecipe, type FrameRate, type VideoCodec } from '../../../src/media';
import { openVideoWriter, readFrames } from '../../../src/media/browser';
import { frameNumber, testFrame } from '../../../src/media/testing';
import { clipSchema, emptySequence, rational, sequenceSchema, type Rational, type Sequence } from '../../../src/project';
import { startEditor } from '../../browser';
import type { EditorConnection } from '../../index';

const width = 128;
const height = 96;

export interface ClipToWrite {
  readonly codec: VideoCodec;
  readonly rate: FrameRate;
  readonly frames: number;
}

export interface ClipOnTimeline {
  readonly rate: FrameRate;
  readonly start: number;
  readonly duration: number;
  readonly sourceStart: Rational;
  readonly speed: Rational;
}

/** A file of our own writer whose every frame bears its number. */
export async function writeNumbered({ codec, rate, frames }: ClipToWrite): Promise<Blob> {
  const sink = new MemorySink();
  const writer = await openVideoWriter(sink, { ...{ width, height, codec, frameRate: rate }, format: codec === 'h264' ? 'mp4' : 'webm' });
  for (let index = 0; index < frames; index++) await writer.addFrame(testFrame(width, height, index), index);
  await writer.finish();
  return new Blob([sink.bytes]);
}

export function sequenceOf(clips: readonly ClipOnTimeline[]): Sequence {
  const [{ rate }] = clips;
  const sequence = emptySequence({ width, height, rate });
  const [video, audio] = sequence.tracks;
  const placed = clips.map(({ start, duration, sourceStart, speed }, at) =>
    clipSchema.parse({ kind: 'picture', id: `clip-${at}`, media: 'numbered', start, duration, sourceStart, speed }),
  );
  return sequenceSchema.parse({ ...sequence, tracks: [{ ...video, clips: placed }, audio] });
}

function numberIn(picture: ImageBitmap): number {
  const context = new OffscreenCanvas(picture.width, picture.height).getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no 2d canvas');
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  picture.close();
  return frameNumber(new Uint8Array(data.buffer), width);
}

let shared: EditorConnection | undefined;

/** One worker for all: loading it takes longer than most of what is asked of it. Every check brings its own file. */
const withEditor = <Result>(work: (editor: EditorConnection) => Promise<Result>): Promise<Result> => work((shared ??= startEditor()));

/** The numbers that are seen at frames of a sequence, in the order in which they are asked for. */
export const numbersShown = (file: ClipToWrite, timelines: readonly { clips: readonly ClipOnTimeline[]; order: readonly number[] }[]) =>
  withEditor(async (editor) => {
    await editor.addMedia('numbered', await writeNumbered(file));
    const all: number[][] = [];
    for (const { clips, order } of timelines) {
      await editor.setSequence(sequenceOf(clips));
      const numbers: number[] = [];
      for (const frame of order) numbers.push(numberIn(await editor.still(frame)));
      all.push(numbers);
    }
    return all;
  });

/** Steps back through a whole clip: how many frames were decoded, and what was there already. */
export const steppedBack = (file: ClipToWrite) =>
  withEditor(async (editor) => {
    await editor.addMedia('numbered', await writeNumbered(file));
    await editor.attach(new OffscreenCanvas(width, height));
    const whole = { rate: file.rate, start: 0, duration: file.frames, sourceStart: rational(0), speed: rational(1) };
    await editor.setSequence(sequenceOf([whole]));
    let ready = 0;
    for (let frame = file.frames - 1; frame >= 0; frame--) if ((await editor.show(frame))?.ready === true) ready += 1;
    return { ready, report: await editor.cacheReport() };
  });

/** Frames asked for without waiting: those that were answered with a picture. */
export const askedAtOnce = (file: ClipToWrite, order: readonly number[]) =>
  withEditor(async (editor) => {
    await editor.addMedia('numbered', await writeNumbered(file));
    await editor.attach(new OffscreenCanvas(width, height));
    await editor.setSequence(
      sequenceOf([{ rate: file.rate, start: 0, duration: file.frames, sourceStart: rational(0), speed: rational(1) }]),
    );
    const shown = await Promise.all(order.map((frame) => editor.show(frame)));
    return shown.map((each) => each?.frame);
  });

/** What a file is found to be, and what is said of one that is damaged. */
export const described = (file: ClipToWrite) =>
  withEditor(async (editor) => {
    const whole = await writeNumbered(file);
    const failure = async (blob: Blob): Promise<unknown> => {
      try {
        return await editor.describe(blob, 'clip.mp4');
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : String(error);
      }
    };
    await editor.addMedia('numbered', whole);
    const thumbnail = await editor.thumbnail('numbered', 1.5, 48);
    const size = [thumbnail.width, thumbnail.height];
    thumbnail.close();
    const missing = await editor.thumbnail('other', 0, 48).then(
      () => 'made',
      (error: unknown) => String(error),
    );
    const facts = await editor.describe(whole, 'clip.mp4');
    return {
      facts,
      ...{ bytes: whole.size, table: await editor.describe(new Blob(['LUT_3D_SIZE 2']), 'warm.cube') },
      ...{ damaged: await failure(whole.slice(0, 900)), text: await failure(new Blob(['no film'])), size, missing },
      peaks: await editor.peaks('numbered'),
    };
  });

/** A frame that is half seen over white, and a file that was exported: what is in them. */
export const composedAndExported = (file: ClipToWrite) =>
  withEditor(async (editor) => {
    await editor.addMedia('numbered', await writeNumbered(file));
    const whole = { rate: file.rate, start: 0, duration: file.frames, sourceStart: rational(0), speed: rational(1) };
    const sequence = sequenceOf([whole]);
    const faint = sequenceSchema.parse({
      ...{ ...sequence, background: '#ffffff' },
      tracks: sequence.tracks.map((track) => ({ ...track, clips: track.clips.map((clip) => ({ ...clip, opacity: 0.5 })) })),
    });
    await editor.setSequence(faint);
    const still = await editor.still(0);
    const context = new OffscreenCanvas(width, height).getContext('2d');
    if (context === null) throw new Error('no 2d canvas');
    context.drawImage(still, 0, 0);
    // Frame 0 is black where its number stands.
    const black = [...context.getImageData(8, 8, 1, 1).data];
    const progress: number[] = [];
    const exported = await editor.export(
      'one',
      {
        sequence,
        start: 10,
        end: 22,
        format: 'mp4',
        codec: 'h264',
        width,
        height,
        rate: file.rate,
        quality: 'high',
        record: { project: 'its own' },
      },
      { kind: 'download', name: 'part.mp4' },
      ({ frame }) => progress.push(frame),
    );
    if (exported === undefined) throw new Error('a download gives its file');
    const { frames } = await readFrames(exported);
    const numbers = frames.map((frame) => frameNumber(frame, width));
    const recipe = await readRecipe(new Uint8Array(await exported.arrayBuffer()));
    await editor.dropDownload('one');
    const stopped = editor
      .export(
        'two',
        { sequence, start: 0, end: file.frames, format: 'png', width, height, rate: file.rate, quality: 'high' },
        { kind: 'download', name: 'frames.zip' },
        () => void editor.cancelExport('two'),
      )
      .then(
        () => 'finished',
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
      );
    return { black, numbers, recipe, progress, stopped: await stopped };
  });
