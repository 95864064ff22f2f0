/** Sound by the browser's own WebCodecs. */
import type { Waveform } from '../audio';
import { soundCoding, type AudioCodecHost } from './audio-codecs';

export const browserAudioHost: AudioCodecHost = {
  name: 'This browser',
  async decodes(config) {
    if (typeof AudioDecoder === 'undefined') return false;
    try {
      return (await AudioDecoder.isConfigSupported(config)).supported === true;
    } catch {
      // A codec string that the browser does not know is a TypeError.
      return false;
    }
  },
  async encodes(config) {
    if (typeof AudioEncoder === 'undefined') return false;
    try {
      return (await AudioEncoder.isConfigSupported(config)).supported === true;
    } catch {
      return false;
    }
  },
  openDecoder(config, events) {
    const decoder = new AudioDecoder({
      output(data) {
        events.output(waveformOf(data));
        data.close();
      },
      error: events.error,
    });
    decoder.configure(config);
    return {
      push: (packet) => decoder.decode(packet.toEncodedAudioChunk()),
      flush: () => decoder.flush(),
      get queueSize() {
        return decoder.decodeQueueSize;
      },
      close: () => {
        if (decoder.state !== 'closed') decoder.close();
      },
    };
  },
  openEncoder(config, events) {
    const encoder = new AudioEncoder({
      output(chunk, metadata) {
        const data = new Uint8Array(chunk.byteLength);
        chunk.copyTo(data);
        events.output({ data, config: metadata?.decoderConfig });
      },
      error: events.error,
    });
    encoder.configure(config);
    return soundCoding(encoder, (audio) => new AudioData(audio));
  },
};

function waveformOf(data: AudioData): Waveform {
  const channels = Array.from({ length: data.numberOfChannels }, (_, planeIndex) => {
    const samples = new Float32Array(data.numberOfFrames);
    data.copyTo(samples, { planeIndex, format: 'f32-planar' });
    return samples;
  });
  return { sampleRate: data.sampleRate, channels };
}
