/** The sound of a file, whole: MP4, MOV, WebM, MKV, WAV, MP3, FLAC, OGG, AAC (ADTS). */
import {
  ADTS,
  AudioSampleSink,
  EncodedPacketSink,
  FLAC,
  Input,
  MATROSKA,
  MP3,
  MP4,
  OGG,
  PCM_AUDIO_CODECS,
  QTFF,
  WAVE,
  WEBM,
  type InputAudioTrack,
} from 'mediabunny';
import { sampleCount, type Waveform } from '../audio';
import { AiprodError } from '../errors';
import { caughtUp, type AudioCodecHost } from './audio-codecs';
import type { OpenedFile } from './open-media';
import { opusDelay } from './opus-header';
import { checkContainer } from './check-container';

/** Samples of a channel: 97 minutes at 48 kHz. */
const MOST_SAMPLES = 2 ** 28;
const MOST_CHANNELS = 8;

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
export function readSoundOf(file: OpenedFile, host: (where: string) => Promise<AudioCodecHost>): Promise<Waveform | null> {
  return withSoundTrack(file, async (track, input) => readTrack(track, file.bytes.name, host, await formatOf(input)));
}

/**
 * What a file says of its sound, without decoding it.
 * @returns null when the file holds no sound
 * @throws bad-input when the file is no media file or is damaged
 */
export function soundFactsOf(file: OpenedFile): Promise<SoundFacts | null> {
  return withSoundTrack(file, async (track) => ({
    sampleRate: await track.getSampleRate(),
    channels: await track.getNumberOfChannels(),
    seconds: await track.computeDuration(),
  }));
}

/** Closes the file. */
async function withSoundTrack<Result>(
  { bytes, container }: OpenedFile,
  work: (track: InputAudioTrack, input: Input) => Promise<Result>,
): Promise<Result | null> {
  const where = bytes.name;
  let input: Input | undefined;
  try {
    await checkContainer(bytes);
    input = new Input({ source: container(), formats: [MP4, QTFF, WEBM, MATROSKA, WAVE, MP3, FLAC, OGG, ADTS] });
    const track = await input.getPrimaryAudioTrack();
    return track === null ? null : await work(track, input);
  } catch (cause) {
    if (cause instanceof AiprodError) throw cause;
    throw new AiprodError(
      'bad-input',
      'The sound cannot be read',
      {
        where,
        expected: 'a whole MP4, MOV, WebM, MKV, WAV, MP3, FLAC or OGG',
        found: cause instanceof Error ? cause.message : String(cause),
      },
      { cause },
    );
  } finally {
    input?.dispose();
    await bytes.close?.();
  }
}

type Container = 'matroska' | 'ogg' | 'other';

async function formatOf(input: Input): Promise<Container> {
  const format = await input.getFormat();
  if (format === WEBM || format === MATROSKA) return 'matroska';
  return format === OGG ? 'ogg' : 'other';
}

async function readTrack(
  track: InputAudioTrack,
  where: string,
  host: (where: string) => Promise<AudioCodecHost>,
  container: Container,
): Promise<Waveform> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  if (codec === null || config === null) {
    throw new AiprodError('codec-unavailable', 'The sound is of a codec that is not known here', {
      where,
      found: (await track.getCodecParameterString()) ?? 'an unknown codec',
    });
  }
  const blocks: Waveform[] = [];
  let samples = 0;
  const take = (block: Waveform): void => {
    samples += sampleCount(block);
    if (samples > MOST_SAMPLES || block.channels.length > MOST_CHANNELS) {
      throw new AiprodError('bad-input', 'The file holds more sound than is read here', {
        where,
        expected: `at most ${MOST_SAMPLES} samples in ${MOST_CHANNELS} channels`,
        found: `${samples} in ${block.channels.length}`,
      });
    }
    blocks.push(block);
  };
  const isPlain = PCM_AUDIO_CODECS.some((plain) => plain === codec);
  const first = isPlain ? await readSamples(track, take) : await decodeTrack(track, config, await host(where), where, take);
  const whole = joined(blocks, config);
  const delay = codec === 'opus' ? (opusDelay(config.description) ?? 0) / OPUS_RATE : 0;
  // The samples that the encoder of Opus puts before the sound begin at 0 in Matroska and in Ogg (whose end is told without them), and
  // before it in MP4, where an edit list says so.
  const early = codec === 'opus' && (container === 'other' ? Math.abs(first + delay) < CLOSE : first < CLOSE);
  // The last block of a Matroska track does not say how long it is; the file as a whole does.
  const end = container === 'matroska' ? ((await track.input.getDurationFromMetadata()) ?? Infinity) : await track.computeDuration();
  return heard(whole, early ? -delay : first, end);
}

/** Seconds: WebM counts milliseconds. */
const CLOSE = 1e-3;
const OPUS_RATE = 48_000;

/** @returns the time of the first sample, seconds */
async function readSamples(track: InputAudioTrack, take: (block: Waveform) => void): Promise<number> {
  for await (const sample of new AudioSampleSink(track).samples()) {
    const channels = Array.from({ length: sample.numberOfChannels }, (_, planeIndex) => {
      const plane = new Float32Array(sample.numberOfFrames);
      sample.copyTo(plane, { planeIndex, format: 'f32-planar' });
      return plane;
    });
    take({ sampleRate: sample.sampleRate, channels });
    sample.close();
  }
  return track.getFirstTimestamp();
}

async function decodeTrack(
  track: InputAudioTrack,
  config: AudioDecoderConfig,
  host: AudioCodecHost,
  where: string,
  take: (block: Waveform) => void,
): Promise<number> {
  // Without its header a decoder of Opus gives every sample of every packet, on every machine; the header is needed from three channels on.
  const { description, ...plain } = config;
  const used: AudioDecoderConfig = config.codec === 'opus' && config.numberOfChannels <= 2 ? plain : { ...plain, description };
  if (!(await host.decodes(used))) {
    throw new AiprodError('codec-unavailable', `${host.name} does not decode the sound`, {
      where,
      found: config.codec,
      hint: 'Convert it to WAV, FLAC or Opus',
    });
  }
  const failures: unknown[] = [];
  const decoder = host.openDecoder(used, {
    output(block) {
      try {
        take(block);
      } catch (cause) {
        failures.push(cause);
      }
    },
    error: (cause) => failures.push(cause),
  });
  const refuseFailed = (): void => {
    if (failures.length > 0) throw failures[0];
  };
  try {
    for await (const packet of new EncodedPacketSink(track).packets()) {
      decoder.push(packet);
      await caughtUp(decoder, () => failures.length > 0);
      refuseFailed();
    }
    await decoder.flush();
    refuseFailed();
  } finally {
    decoder.close();
  }
  return track.getFirstTimestamp();
}

function joined(blocks: readonly Waveform[], { sampleRate, numberOfChannels }: AudioDecoderConfig): Waveform {
  const [first = { sampleRate, channels: Array.from({ length: numberOfChannels }, () => new Float32Array()) }] = blocks;
  if (blocks.some((block) => block.sampleRate !== first.sampleRate || block.channels.length !== first.channels.length)) {
    throw new AiprodError('bad-input', 'The sound changes its rate or channels midway', { hint: 'Convert it to WAV first' });
  }
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
