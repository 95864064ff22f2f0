/**
 * Sound in Node by npm `@napi-rs/webcodecs`: Opus, AAC, MP3, FLAC, Vorbis. An optional dependency; without it files of plain
 * samples (WAV) are still read and written.
 */
import type * as WebCodecs from '@napi-rs/webcodecs';
import type { Waveform } from '../audio';
import { planarSamples, type AudioCodecHost, type AudioCoding } from './audio-codecs';
import { descriptionBytes, loadWebCodecs } from './node-decoder';

/** @throws codec-unavailable when the library is not installed or does not load here. */
export async function nodeAudioHost(where: string): Promise<AudioCodecHost> {
  const library = await loadWebCodecs(where, 'codes compressed sound', 'Run npm install without --omit=optional, or use .wav');
  return hostOf(library);
}

/** The library's callbacks do not keep Node running: a coder that is open does. */
function kept<Input>(coding: AudioCoding<Input>): AudioCoding<Input> {
  const alive = setInterval(() => undefined, 1000);
  return {
    push: coding.push,
    flush: coding.flush,
    get queueSize() {
      return coding.queueSize;
    },
    close() {
      clearInterval(alive);
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
    decodes: (config) => orFalse(() => AudioDecoder.isConfigSupported(decoderConfig(config))),
    encodes: (config) => orFalse(() => AudioEncoder.isConfigSupported(encoderConfig(config))),
    openDecoder(config, events) {
      const decoder = new AudioDecoder({
        output(data) {
          events.output(waveformOf(data));
          data.close();
        },
        error: events.error,
      });
      decoder.configure(decoderConfig(config));
      return kept({
        push: ({ type, microsecondTimestamp: timestamp, data }) => decoder.decode(new EncodedAudioChunk({ type, timestamp, data })),
        flush: () => decoder.flush(),
        get queueSize() {
          return decoder.decodeQueueSize;
        },
        close: () => {
          if (decoder.state !== 'closed') decoder.close();
        },
      });
    },
    openEncoder(config, events) {
      const encoder = new AudioEncoder({
        output(chunk, metadata) {
          const data = new Uint8Array(chunk.byteLength);
          chunk.copyTo(data);
          const given = metadata?.decoderConfig;
          events.output({ data, config: given === undefined ? undefined : configOf(config, given) });
        },
        error: events.error,
      });
      encoder.configure(encoderConfig(config));
      let pushed = 0;
      return kept({
        push(sound) {
          const { sampleRate, channels } = sound;
          const numberOfFrames = channels[0].length;
          const timestamp = Math.round((pushed / sampleRate) * 1e6);
          const planar = { format: 'f32-planar', sampleRate, numberOfChannels: channels.length, numberOfFrames } as const;
          const data = new AudioData({ ...planar, timestamp, data: planarSamples(sound) });
          pushed += numberOfFrames;
          encoder.encode(data);
          data.close();
        },
        flush: () => encoder.flush(),
        get queueSize() {
          return encoder.encodeQueueSize;
        },
        close: () => {
          if (encoder.state !== 'closed') encoder.close();
        },
      });
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

function waveformOf(data: WebCodecs.AudioData): Waveform {
  const channels = Array.from({ length: data.numberOfChannels }, (_, planeIndex) => {
    const samples = new Float32Array(data.numberOfFrames);
    data.copyTo(samples, { planeIndex, format: 'f32-planar' });
    return samples;
  });
  return { sampleRate: data.sampleRate, channels };
}
