/** How the first sound track of a file is decoded, from its beginning or from a place on. */
import {
  AudioSampleSink,
  EncodedPacketSink,
  MATROSKA,
  OGG,
  PCM_AUDIO_CODECS,
  WEBM,
  type EncodedPacket,
  type Input,
  type InputAudioTrack,
} from 'mediabunny';
import type { Waveform } from '../audio';
import { AiprodError } from '../errors';
import { caughtUp, type AudioCodecHost } from './audio-codecs';
import { opusDelay } from './opus-header';

/** The coders of a machine, asked only for sound that is compressed. */
export type AudioHostOf = (where: string) => Promise<AudioCodecHost>;

const MOST_CHANNELS = 8;

/** Consecutive samples of a track. */
export interface Decoded {
  readonly block: Waveform;
  /** Seconds of the track's own time at which the first block begins; of those that follow, nothing. */
  readonly time?: number;
}

/** How a track is decoded, and where its samples lie in what is heard. */
export interface Decoding {
  readonly track: InputAudioTrack;
  readonly config: AudioDecoderConfig;
  /** From the beginning, or from a time of the track on as far as the codec can begin there. */
  blocks(from?: number): AsyncGenerator<Decoded, void, undefined>;
  /** Seconds of what is heard at which the first sample lies. */
  readonly start: number;
  /** Seconds by which later samples are heard after the time that the container gives them. */
  readonly shift: number;
  /** Seconds of what is heard at which it ends at the latest; Infinity where only its last block says. */
  readonly end: number;
  /** Whether times are whole milliseconds, not samples. */
  readonly coarse: boolean;
}

/** Seconds before a place at which codecs begin that decode from what went before (Opus asks for 0.08: RFC 7845, section 4.6). */
const PREROLL: Readonly<Partial<Record<string, number>>> = { opus: 1, mp3: 1, aac: 1, flac: 0.2 };

export async function decodingOf(track: InputAudioTrack, where: string, host: AudioHostOf): Promise<Decoding> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  if (codec === null || config === null) {
    throw new AiprodError('codec-unavailable', 'The sound is of a codec that is not known here', {
      where,
      found: (await track.getCodecParameterString()) ?? 'an unknown codec',
    });
  }
  const isPlain = PCM_AUDIO_CODECS.some((plain) => plain === codec);
  const decode = isPlain ? undefined : await decoderOf(track, config, await host(where), where);
  const preroll = PREROLL[codec];
  const container = await formatOf(track.input);
  const firstTime = await track.getFirstTimestamp();
  const delay = codec === 'opus' ? (opusDelay(config.description) ?? 0) / OPUS_RATE : 0;
  // The samples that the encoder of Opus puts before the sound begin at 0 in Matroska and in Ogg (whose end is told without them), and
  // before it in MP4, where an edit list says so.
  const early = codec === 'opus' && (container === 'other' ? Math.abs(firstTime + delay) < CLOSE : firstTime < CLOSE);
  // The last block of a Matroska track does not say how long it is; the file as a whole does.
  const end = container === 'matroska' ? ((await track.input.getDurationFromMetadata()) ?? Infinity) : await track.computeDuration();
  const start = early ? -delay : firstTime;
  return {
    ...{ track, config, start, end },
    // In Ogg only the first packet's time is cut off at 0.
    shift: container === 'ogg' ? 0 : start - firstTime,
    coarse: container === 'matroska',
    async *blocks(from) {
      const source =
        decode === undefined ? plainBlocks(track, from) : decode(from === undefined || preroll === undefined ? undefined : from - preroll);
      for await (const decoded of source) {
        const { block } = decoded;
        if (block.channels.length > MOST_CHANNELS) {
          throw new AiprodError('bad-input', 'The file holds more channels of sound than are read here', {
            where,
            expected: `at most ${MOST_CHANNELS}`,
            found: String(block.channels.length),
          });
        }
        yield decoded;
      }
    },
  };
}

type Container = 'matroska' | 'ogg' | 'other';

async function formatOf(input: Input): Promise<Container> {
  const format = await input.getFormat();
  if (format === WEBM || format === MATROSKA) return 'matroska';
  return format === OGG ? 'ogg' : 'other';
}

/** Seconds: WebM counts milliseconds. */
export const CLOSE = 1e-3;
const OPUS_RATE = 48_000;

/** Samples as they are stored. */
async function* plainBlocks(track: InputAudioTrack, from: number | undefined): AsyncGenerator<Decoded, void, undefined> {
  for await (const sample of new AudioSampleSink(track).samples(from)) {
    const channels = Array.from({ length: sample.numberOfChannels }, (_, planeIndex) => {
      const plane = new Float32Array(sample.numberOfFrames);
      sample.copyTo(plane, { planeIndex, format: 'f32-planar' });
      return plane;
    });
    const { sampleRate, timestamp } = sample;
    sample.close();
    yield { block: { sampleRate, channels }, time: timestamp };
  }
}

/** @returns decodes from a time on, or from the beginning */
async function decoderOf(
  track: InputAudioTrack,
  config: AudioDecoderConfig,
  host: AudioCodecHost,
  where: string,
): Promise<(from: number | undefined) => AsyncGenerator<Decoded, void, undefined>> {
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
  return async function* (from) {
    const sink = new EncodedPacketSink(track);
    const begin: EncodedPacket | null = from === undefined ? null : await sink.getPacket(from);
    const blocks: Waveform[] = [];
    const failures: unknown[] = [];
    const decoder = host.openDecoder(used, { output: (block) => blocks.push(block), error: (cause) => failures.push(cause) });
    let time = begin?.timestamp;
    const taken = function* (): Generator<Decoded, void, undefined> {
      if (failures.length > 0) throw failures[0];
      for (const block of blocks.splice(0)) {
        yield { block, ...(time === undefined ? {} : { time }) };
        time = undefined;
      }
    };
    try {
      for await (const packet of sink.packets(begin ?? undefined)) {
        decoder.push(packet);
        await caughtUp(decoder, () => failures.length > 0);
        yield* taken();
      }
      await decoder.flush();
      yield* taken();
    } finally {
      decoder.close();
    }
  };
}

/** For sounds that are taken as one. */
export const changesMidway = (): AiprodError =>
  new AiprodError('bad-input', 'The sound changes its rate or channels midway', { hint: 'Convert it to WAV first' });
