/** A sound that is decoded as it is read, at the places that are read. */
import { sampleCount, type SoundSource, type Waveform } from '../audio';
import { AiprodError } from '../errors';
import { changesMidway, CLOSE, type Decoded, type Decoding } from './sound-decoding';

/** The sound of a file that is decoded as it is read. Close it when done. */
export interface SoundFile extends SoundSource {
  close(): Promise<void>;
}

/** Seconds of a packet of Opus at most (RFC 6716, section 2.1.4). */
const LONGEST_BLOCK = 0.12;
/** Places of one file that are read side by side: clips of it at the same time. */
const MOST_RUNS = 4;
/** Seconds that are decoded on rather than jumped over: opening a decoder costs as much. */
const NEAR = 4;

/** A decoder that is open, and what it gave of what may be asked for next. */
interface Run {
  readonly blocks: AsyncGenerator<Decoded, void, undefined>;
  /** What is held: samples of what is heard from `from` on; the last begins at `next` where nothing is. */
  held: { readonly at: number; readonly channels: readonly Float32Array[] }[];
  /** Samples from here on may be read: those before were let go, or lie before a jump. */
  from: number;
  next: number;
  ended: boolean;
}

/**
 * @param guarded runs what reads the file, and names the file in its failures
 * @param where for error messages
 */
export async function openSoundFile(
  decoding: Decoding,
  { where, guarded, close: closeFile }: { readonly where: string; readonly guarded: Guard; readonly close: () => Promise<void> },
): Promise<SoundFile> {
  const beginning = await startRun();
  // A file whose sound has no sample says in its container what it would be.
  const [first] = beginning.held;
  const sampleRate = beginning.rate ?? decoding.config.sampleRate;
  const channelCount = first === undefined ? decoding.config.numberOfChannels : first.channels.length;
  const blockLength = first === undefined ? 0 : first.channels[0].length;
  const { end, track } = decoding;
  const length = Math.max(0, Math.round((end === Infinity ? (await track.computeDuration()) + LONGEST_BLOCK : end) * sampleRate));
  /** Used last at the end. */
  const runs: Run[] = [beginning.run];
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function startRun(): Promise<{ run: Run; held: Run['held']; rate: number | undefined }> {
    const blocks = decoding.blocks();
    const { value } = await blocks.next();
    const rate = value?.block.sampleRate;
    const at = Math.round(decoding.start * (rate ?? decoding.config.sampleRate));
    const held = value === undefined ? [] : [{ at, channels: value.block.channels }];
    const next = at + (value === undefined ? 0 : sampleCount(value.block));
    return { run: { blocks, held, from: -Infinity, next, ended: value === undefined }, held, rate };
  }

  /** The sample that a block after a jump begins with. */
  const placeOf = (time: number): number => {
    const whole = Math.round(decoding.start * sampleRate);
    const samples = (time + decoding.shift) * sampleRate - whole;
    // Blocks are of one length; a time in milliseconds says which it is.
    const even = blockLength === 0 ? samples : Math.round(samples / blockLength) * blockLength;
    return whole + (decoding.coarse && Math.abs(even - samples) <= CLOSE * sampleRate ? even : Math.round(samples));
  };

  const leave = async (run: Run): Promise<void> => {
    runs.splice(runs.indexOf(run), 1);
    await run.blocks.return();
  };

  const runTo = async (start: number): Promise<Run> => {
    const near = NEAR * sampleRate;
    const fitting = runs.findLast(({ from, next }) => from <= start && start <= next + near);
    if (fitting !== undefined) {
      runs.push(...runs.splice(runs.indexOf(fitting), 1));
      return fitting;
    }
    if (runs.length === MOST_RUNS) await leave(runs[0]);
    const time = start / sampleRate - decoding.shift;
    const isFar = start > decoding.start * sampleRate + near;
    const run: Run = isFar
      ? { blocks: decoding.blocks(time), held: [], from: start, next: NaN, ended: false }
      : { blocks: decoding.blocks(), held: [], from: -Infinity, next: Math.round(decoding.start * sampleRate), ended: false };
    runs.push(run);
    return run;
  };

  /** Decodes on until a sample; what lies before what is asked for is let go. */
  const decodeTo = async (run: Run, start: number, end: number): Promise<void> => {
    while (!run.ended && !(run.next >= end)) {
      const { value } = await run.blocks.next();
      if (value === undefined) {
        run.ended = true;
        break;
      }
      if (value.block.sampleRate !== sampleRate || value.block.channels.length !== channelCount) throw changesMidway();
      if (Number.isNaN(run.next)) run.next = value.time === undefined ? Math.round(decoding.start * sampleRate) : placeOf(value.time);
      const count = sampleCount(value.block);
      if (run.next + count > start) run.held.push({ at: run.next, channels: value.block.channels });
      run.next += count;
    }
    run.held = run.held.filter(({ at, channels: [samples] }) => at + samples.length > start);
    run.from = Math.max(run.from, start);
  };

  const read = async (start: number, end: number): Promise<Waveform> => {
    const channels = Array.from({ length: channelCount }, () => new Float32Array(Math.max(0, end - start)));
    const [from, to] = [Math.max(0, start), Math.min(length, end)];
    if (from >= to) return { sampleRate, channels };
    const run = await runTo(from);
    try {
      await guarded(() => decodeTo(run, from, to));
    } catch (error) {
      await leave(run);
      throw error;
    }
    for (const { at, channels: held } of run.held) {
      const [begin, stop] = [Math.max(from, at), Math.min(to, at + held[0].length)];
      if (begin < stop) for (const [k, samples] of held.entries()) channels[k].set(samples.subarray(begin - at, stop - at), begin - start);
    }
    return { sampleRate, channels };
  };

  return {
    ...{ sampleRate, channels: channelCount, length },
    async read(start, end) {
      if (closed) throw new AiprodError('internal', 'A sound is read after it was closed', { where });
      // One after another: two that pull the same decoder would take each other's samples.
      const answer = last.then(() => read(start, end));
      last = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      closed = true;
      await last;
      while (runs.length > 0) await leave(runs[0]);
      await closeFile();
    },
  };
}

type Guard = <Result>(work: () => Promise<Result>) => Promise<Result>;
