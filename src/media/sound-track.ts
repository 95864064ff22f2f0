/**
 * A sound as packets of a clip's second track: coded a little ahead of the pictures, so that the file is interleaved, and ended
 * exactly where they end.
 */
import { resampledSource, waveformPart, type SoundSource, type Waveform } from '../audio';
import { AiprodError } from '../errors';
import { caughtUp, type AudioCodecHost, type CodedSound } from './audio-codecs';
import type { ClipMuxer, MuxedSound } from './clip-muxer';
import { measureCodecDelay } from './codec-delay';
import { opusDelay } from './opus-header';
import { AUDIO_CODECS_OF_FORMAT, type AudioCodec, type SoundOptions, type VideoFormat } from './types';

interface CodecFacts {
  /** Codec string of WebCodecs. */
  readonly codec: string;
  /** Samples of a packet. */
  readonly packetSamples: number;
  readonly rates: readonly number[];
  /** Bits a second of one channel. */
  readonly bitrate: number;
}

/** Opus counts in 48 kHz whatever it is given; AAC is low complexity. */
const CODECS: Readonly<Record<AudioCodec, CodecFacts>> = {
  opus: { codec: 'opus', packetSamples: 960, rates: [48_000], bitrate: 64_000 },
  aac: { codec: 'mp4a.40.2', packetSamples: 1024, rates: [48_000, 44_100], bitrate: 96_000 },
};

export interface SoundTrack {
  readonly kind: MuxedSound;
  /** Says where coded sound goes, before any is asked for. */
  connect(add: ClipMuxer['addSound']): void;
  /** Packets that so many seconds make at most. */
  packetCount(seconds: number): number;
  /** Codes what is heard before a time; past its end the sound is silence. */
  advance(seconds: number): Promise<void>;
  /** Codes up to a time, where the track ends. */
  finish(seconds: number): Promise<void>;
  close(): void;
}

/** Codecs of sound that a host encodes into a format, asked for stereo. */
export async function encodableCodecs(host: AudioCodecHost, format: VideoFormat): Promise<AudioCodec[]> {
  const answers = AUDIO_CODECS_OF_FORMAT[format].map(async (name) => {
    const { codec, rates, bitrate } = CODECS[name];
    return (await host.encodes({ codec, sampleRate: rates[0], numberOfChannels: 2, bitrate: 2 * bitrate })) ? [name] : [];
  });
  return (await Promise.all(answers)).flat();
}

/**
 * Whether a host encodes a codec that a format holds, asked before there is a sound.
 * @throws codec-unavailable, with the nearest that it does
 */
export async function checkEncodable(host: AudioCodecHost, format: VideoFormat, codec: AudioCodec): Promise<void> {
  const codecs = await encodableCodecs(host, format);
  if (!codecs.includes(codec)) throw notEncoded(host, codec, codecs.length === 0 ? 'no codec of sound' : codecs.join(', '));
}

function notEncoded(host: AudioCodecHost, codec: AudioCodec, found: string): AiprodError {
  return new AiprodError('codec-unavailable', `${host.name} does not encode ${codec === 'aac' ? 'AAC' : 'Opus'}`, {
    found,
    hint: codec === 'aac' ? 'Use Opus, which every current player reads in MP4' : 'Write the sound to a .wav beside the clip',
  });
}

/**
 * @throws bad-input for more than two channels; codec-unavailable when the host does not encode the codec.
 */
export async function openSoundTrack(host: AudioCodecHost, { source, codec = 'opus' }: SoundOptions): Promise<SoundTrack> {
  const facts = CODECS[codec];
  const numberOfChannels = source.channels;
  if (numberOfChannels > 2) {
    throw new AiprodError('bad-input', 'A clip holds one or two channels of sound', {
      found: `${numberOfChannels} channels`,
      hint: 'Mix it down first',
    });
  }
  const sampleRate = facts.rates.includes(source.sampleRate) ? source.sampleRate : facts.rates[0];
  const config = { codec: facts.codec, sampleRate, numberOfChannels, bitrate: facts.bitrate * numberOfChannels };
  if (!(await host.encodes(config))) throw notEncoded(host, codec, `${sampleRate} Hz, ${numberOfChannels} channels`);
  const delay = codec === 'aac' ? await measureCodecDelay(host, config) : undefined;
  return soundTrack(host, resampledSource(source, sampleRate), codec, config, delay);
}

function soundTrack(
  host: AudioCodecHost,
  sound: SoundSource,
  codec: AudioCodec,
  config: AudioEncoderConfig,
  knownDelay: number | undefined,
): SoundTrack {
  const { packetSamples } = CODECS[codec];
  const { sampleRate } = sound;
  let addTo: ClipMuxer['addSound'] | undefined;
  const waiting: CodedSound[] = [];
  const failures: unknown[] = [];
  const encoder = host.openEncoder(config, { output: (packet) => waiting.push(packet), error: (cause) => failures.push(cause) });
  let pushed = 0;
  /** What was read of the sound last: it is asked for a second at a time, however short a frame is. */
  let stretch: { readonly first: number; readonly end: number; readonly part: Waveform } | undefined;
  let added = 0;
  let decoderConfig: AudioDecoderConfig | undefined;
  let delay = knownDelay ?? 0;

  const refuseFailed = (): void => {
    if (failures.length === 0) return;
    const [cause] = failures;
    throw new AiprodError('internal', `The sound could not be encoded by ${host.name}`, { found: String(cause) }, { cause });
  };

  /** Samples from `pushed` up to a place, silence past the sound's end. */
  const pushUntil = async (end: number): Promise<void> => {
    while (pushed < end) {
      if (stretch === undefined || pushed >= stretch.end) {
        const next = pushed + sampleRate;
        stretch = { first: pushed, end: next, part: await sound.read(pushed, next) };
      }
      const until = Math.min(end, stretch.end);
      encoder.push(waveformPart(stretch.part, pushed - stretch.first, until - stretch.first));
      pushed = until;
      await caughtUp(encoder, () => failures.length > 0);
      refuseFailed();
    }
  };

  const add = async (packet: CodedSound, samples: number): Promise<void> => {
    if (addTo === undefined) throw new AiprodError('internal', 'The sound of a clip was coded before its file was opened');
    if (decoderConfig === undefined) {
      decoderConfig = packet.config ?? config;
      if (knownDelay === undefined) delay = opusDelay(decoderConfig.description) ?? 0;
    }
    // What the encoder puts before the sound lies before 0, and is left out by the edit list.
    await addTo({ data: packet.data, start: added * packetSamples - delay, samples }, decoderConfig);
    added += 1;
  };

  return {
    kind: { codec, sampleRate, channels: sound.channels },
    connect: (to) => {
      addTo = to;
    },
    packetCount: (seconds) => Math.ceil((seconds * sampleRate + MOST_DELAY) / packetSamples) + 1,
    async advance(seconds) {
      await pushUntil(Math.round(seconds * sampleRate));
      // The last may be the one that is cut.
      while (waiting.length > 1) {
        const packet = waiting.shift();
        if (packet !== undefined) await add(packet, packetSamples);
      }
    },
    async finish(seconds) {
      const end = Math.round(seconds * sampleRate);
      await pushUntil(end + MOST_DELAY);
      await encoder.flush();
      refuseFailed();
      for (const packet of waiting.splice(0)) {
        if (added > 0 && added * packetSamples >= end + delay) break;
        const left = end + delay - added * packetSamples;
        await add(packet, added === 0 ? packetSamples : Math.min(packetSamples, left));
      }
      encoder.close();
    },
    close: () => encoder.close(),
  };
}

/** Samples: more than any encoder puts before the sound. */
const MOST_DELAY = 4096;
