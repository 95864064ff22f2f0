/** The sound of a file, whole or in stretches: MP4, MOV, WebM, MKV, WAV, MP3, FLAC, OGG, AAC (ADTS). */
import { ADTS, FLAC, Input, MATROSKA, MP3, MP4, OGG, QTFF, WAVE, WEBM, type InputAudioTrack } from 'mediabunny';
import { sampleCount, type Waveform } from '../audio';
import { AiprodError } from '../errors';
import { checkContainer } from './check-container';
import type { OpenedFile } from './open-media';
import { changesMidway, decodingOf, type AudioHostOf, type Decoding } from './sound-decoding';
import { openSoundFile, type SoundFile } from './sound-file';

/** Samples of a channel: 97 minutes at 48 kHz. */
const MOST_SAMPLES = 2 ** 28;

/** What a file says of its sound. */
export interface SoundFacts {
  /** Samples a second. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly seconds: number;
}

/**
 * The first sound track of a file as it is heard: from time 0, without what an encoder puts before it.
 * @param host asked only for sound that is compressed
 * @returns null when the file holds no sound
 * @throws bad-input when the file is no media file or is damaged; codec-unavailable when nothing here decodes the sound.
 */
export async function readSoundOf(file: OpenedFile, host: AudioHostOf): Promise<Waveform | null> {
  const opened = await openTrack(file);
  if (opened === null) return null;
  try {
    return await orDamaged(file, async () => readTrack(await decodingOf(opened.track, file.bytes.name, host), file.bytes.name));
  } finally {
    await opened.close();
  }
}

/**
 * Opens the sound that `readSoundOf` reads whole. Memory does not grow with its length: what is held is what the last reading began with, in at
 * most four places of the file. Read onwards it is the very samples of the whole; so it is after a jump where samples are plain or FLAC.
 * Opus, AAC and MP3 decode from what went before: after a jump they begin a second earlier and are what the whole is within 1e-4 of full scale (but
 * for noise that AAC has its decoder make up). Other codecs begin at the beginning again.
 * @returns null when the file holds no sound
 * @throws bad-input when the file is no media file or is damaged, here or where it is read; codec-unavailable when nothing here decodes the sound.
 */
export async function openSoundOf(file: OpenedFile, host: AudioHostOf): Promise<SoundFile | null> {
  const opened = await openTrack(file);
  if (opened === null) return null;
  try {
    const decoding = await orDamaged(file, () => decodingOf(opened.track, file.bytes.name, host));
    const guarded = <Result>(work: () => Promise<Result>): Promise<Result> => orDamaged(file, work);
    return await guarded(() => openSoundFile(decoding, { where: file.bytes.name, guarded, close: opened.close }));
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/**
 * What a file says of its sound, without decoding it.
 * @returns null when the file holds no sound
 * @throws bad-input when the file is no media file or is damaged
 */
export async function soundFactsOf(file: OpenedFile): Promise<SoundFacts | null> {
  const opened = await openTrack(file);
  if (opened === null) return null;
  const { track, close } = opened;
  try {
    return await orDamaged(file, async () => ({
      sampleRate: await track.getSampleRate(),
      channels: await track.getNumberOfChannels(),
      seconds: await track.computeDuration(),
    }));
  } finally {
    await close();
  }
}

/** The first track of sound; closing it closes the file, as it is where there is none. */
async function openTrack(file: OpenedFile): Promise<{ readonly track: InputAudioTrack; readonly close: () => Promise<void> } | null> {
  let input: Input | undefined;
  const close = async (): Promise<void> => {
    input?.dispose();
    await file.bytes.close?.();
  };
  try {
    const track = await orDamaged(file, async () => {
      await checkContainer(file.bytes);
      input = new Input({ source: file.container(), formats: [MP4, QTFF, WEBM, MATROSKA, WAVE, MP3, FLAC, OGG, ADTS] });
      return input.getPrimaryAudioTrack();
    });
    if (track !== null) return { track, close };
  } catch (error) {
    await close();
    throw error;
  }
  await close();
  return null;
}

async function orDamaged<Result>({ bytes }: OpenedFile, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AiprodError) throw cause;
    throw new AiprodError(
      'bad-input',
      'The sound cannot be read',
      {
        where: bytes.name,
        expected: 'a whole MP4, MOV, WebM, MKV, WAV, MP3, FLAC or OGG',
        found: cause instanceof Error ? cause.message : String(cause),
      },
      { cause },
    );
  }
}

async function readTrack(decoding: Decoding, where: string): Promise<Waveform> {
  const blocks: Waveform[] = [];
  let samples = 0;
  for await (const { block } of decoding.blocks()) {
    samples += sampleCount(block);
    if (samples > MOST_SAMPLES) {
      throw new AiprodError('bad-input', 'The file holds more sound than is read whole', {
        where,
        expected: `at most ${MOST_SAMPLES} samples`,
        found: String(samples),
      });
    }
    blocks.push(block);
  }
  return heard(joined(blocks, decoding.config), decoding.start, decoding.end);
}

function joined(blocks: readonly Waveform[], { sampleRate, numberOfChannels }: AudioDecoderConfig): Waveform {
  const [first = { sampleRate, channels: Array.from({ length: numberOfChannels }, () => new Float32Array()) }] = blocks;
  if (blocks.some((block) => block.sampleRate !== first.sampleRate || block.channels.length !== first.channels.length))
    throw changesMidway();
  const length = blocks.reduce((sum, block) => sum + sampleCount(block), 0);
  const channels = first.channels.map((_, channel) => {
    const samples = new Float32Array(length);
    let at = 0;
    for (const block of blocks) {
      samples.set(block.channels[channel], at);
      at += block.channels[channel].length;
    }
    return samples;
  });
  return { sampleRate: first.sampleRate, channels };
}

/** From time 0 to `end` seconds: silence before a sound that begins later, nothing of what lies before. */
function heard({ sampleRate, channels }: Waveform, start: number, end: number): Waveform {
  const offset = Math.round(start * sampleRate);
  const length = Math.max(0, Math.min(offset + channels[0].length, Math.round(end * sampleRate)));
  return {
    sampleRate,
    channels: channels.map((samples) => {
      const result = new Float32Array(length);
      if (offset <= 0) result.set(samples.subarray(-offset, -offset + length));
      else result.set(samples.subarray(0, Math.max(0, length - offset)), Math.min(offset, length));
      return result;
    }),
  };
}
