/**
 * Sound in Node by npm `@napi-rs/webcodecs`: Opus, AAC, MP3, FLAC, Vorbis. An optional dependency; without it files of plain
 * samples (WAV) are still read and written.
 */
import type * as WebCodecs from '@napi-rs/webcodecs';
import type { Waveform } from '../audio';
import { soundCoding, type AudioCodecHost, type AudioCoding } from './audio-codecs';
import { descriptionBytes, loadWebCodecs, untilClosed, type UntilClosed } from './node-decoder';

/** @throws codec-unavailable when the library is not installed or does not load here. */
export async function nodeAudioHost(where: string): Promise<AudioCodecHost> {
  const library = await loadWebCodecs(where, 'codes compressed sound', 'Run npm install without --omit=optional, or use .wav');
  return hostOf(library);
}

/** Packets that a decoder is given, and stretches of up to a second that an encoder is given, before Node's loop turns. */
const PACKETS_BETWEEN_TURNS = 64;
const STRETCHES_BETWEEN_TURNS = 2;

/**
 * The library's callbacks do not keep Node running: a coder that is open does. And it drops what it gives, without a word, when about a thousand
 * callbacks wait for Node's loop to turn (1.3.1): who pushes on and on waits for that first.
 * @param most inputs between two turns
 * @param events what the library calls until the coder is closed
 */
function kept<Input>(coding: AudioCoding<Input>, most: number, events: UntilClosed<unknown>): AudioCoding<Input> {
  const alive = setInterval(() => undefined, 1000);
  let sinceTurn = 0;
  return {
    push(input) {
      coding.push(input);
      if (sinceTurn++ === 0) setImmediate(() => (sinceTurn = 0));
    },
    flush: coding.flush,
    get queueSize() {
      return sinceTurn > most ? Infinity : coding.queueSize;
    },
    close() {
      clearInterval(alive);
      events.current = undefined;
      coding.close();
    },
  };
}

function hostOf({ AudioDecoder, AudioEncoder, AudioData, EncodedAudioChunk }: typeof WebCodecs): AudioCodecHost {
  /** The library throws for a codec string that it does not know. */
  const orFalse = async (answer: () => Promise<{ supported: boolean }>): Promise<boolean> => {
    try {
      return (await answer()).supported;
    } catch {
      return false;
    }
  };
  return {
    name: '@napi-rs/webcodecs',
    // It says that it decodes Vorbis and then refuses the first packet (1.3.1).
    decodes: async (config) => config.codec !== 'vorbis' && orFalse(() => AudioDecoder.isConfigSupported(decoderConfig(config))),
    encodes: (config) => orFalse(() => AudioEncoder.isConfigSupported(encoderConfig(config))),
    openDecoder(config, given) {
      const events = untilClosed(given);
      const decoder = new AudioDecoder({
        output(data) {
          events.current?.output(waveformOf(data));
          data.close();
        },
        error: (cause) => events.current?.error(cause),
      });
      decoder.configure(decoderConfig(config));
      return kept(
        {
          push: ({ type, microsecondTimestamp: timestamp, data }) => decoder.decode(new EncodedAudioChunk({ type, timestamp, data })),
          flush: () => decoder.flush(),
          get queueSize() {
            return decoder.decodeQueueSize;
          },
          close: () => {
            if (decoder.state !== 'closed') decoder.close();
          },
        },
        PACKETS_BETWEEN_TURNS,
        events,
      );
    },
    openEncoder(config, given) {
      const events = untilClosed(given);
      const encoder = new AudioEncoder({
        output(chunk, metadata) {
          const data = new Uint8Array(chunk.byteLength);
          chunk.copyTo(data);
          const described = metadata?.decoderConfig;
          events.current?.output({ data, config: described === undefined ? undefined : configOf(config, described) });
        },
        error: (cause) => events.current?.error(cause),
      });
      encoder.configure(encoderConfig(config));
      return kept(
        soundCoding(encoder, (audio) => new AudioData(audio)),
        STRETCHES_BETWEEN_TURNS,
        events,
      );
    },
  };
}

function decoderConfig({ codec, sampleRate, numberOfChannels, description }: AudioDecoderConfig): WebCodecs.AudioDecoderConfig {
  return {
    codec,
    sampleRate,
    numberOfChannels,
    ...(description === undefined ? {} : { description: descriptionBytes(description) }),
  };
}

function encoderConfig({ codec, sampleRate, numberOfChannels, bitrate }: AudioEncoderConfig): WebCodecs.AudioEncoderConfig {
  return { codec, sampleRate, numberOfChannels, ...(bitrate === undefined ? {} : { bitrate }) };
}

function configOf(
  { codec, sampleRate, numberOfChannels }: AudioEncoderConfig,
  given: { readonly description?: Uint8Array },
): AudioDecoderConfig {
  const { description } = given;
  return { codec, sampleRate, numberOfChannels, ...(description === undefined ? {} : { description: Uint8Array.from(description) }) };
}

/** Samples as they are stored, by the name of their format, to -1 to 1. */
const SAMPLES: Readonly<Record<string, (bytes: ArrayBuffer) => Float32Array>> = {
  u8: (bytes) => Float32Array.from(new Uint8Array(bytes), (sample) => (sample - 128) / 128),
  s16: (bytes) => Float32Array.from(new Int16Array(bytes), (sample) => sample / 2 ** 15),
  s32: (bytes) => Float32Array.from(new Int32Array(bytes), (sample) => sample / 2 ** 31),
  f32: (bytes) => new Float32Array(bytes),
};

/** Taken in the decoder's own format: the library's conversion of interleaved samples ends the process (1.3.1). */
function waveformOf(data: WebCodecs.AudioData): Waveform {
  const { numberOfChannels, numberOfFrames, sampleRate } = data;
  const [kind, planar] = (data.format ?? '').split('-');
  const samplesOf = SAMPLES[kind];
  const plane = (planeIndex: number): Float32Array => {
    const bytes = new Uint8Array(data.allocationSize({ planeIndex }));
    data.copyTo(bytes, { planeIndex });
    return samplesOf(bytes.buffer);
  };
  if (planar !== undefined) return { sampleRate, channels: Array.from({ length: numberOfChannels }, (_, channel) => plane(channel)) };
  const interleaved = plane(0);
  const channels = Array.from({ length: numberOfChannels }, (_, channel) =>
    Float32Array.from({ length: numberOfFrames }, (_sample, at) => interleaved[at * numberOfChannels + channel]),
  );
  return { sampleRate, channels };
}
