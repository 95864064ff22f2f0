/** What coding of sound needs of WebCodecs; the browser and the library in Node both give it. */
import type { EncodedPacket } from 'mediabunny';
import type { Waveform } from '../audio';

/** One coder at work. What it gives comes through the callbacks it was opened with. */
export interface AudioCoding<Input> {
  push(input: Input): void;
  /** Resolves when everything that was pushed has come out. */
  flush(): Promise<void>;
  /** Inputs that wait for the coder. */
  readonly queueSize: number;
  close(): void;
}

/** A packet of an encoder. Its time follows from its place, for every packet holds the same number of samples. */
export interface CodedSound {
  readonly data: Uint8Array;
  /** Given at least with the first packet. */
  readonly config?: AudioDecoderConfig;
}

export interface CodingEvents<Result> {
  output(result: Result): void;
  error(cause: unknown): void;
}

/** The coders of a machine. */
export interface AudioCodecHost {
  /** For error messages. */
  readonly name: string;
  decodes(config: AudioDecoderConfig): Promise<boolean>;
  encodes(config: AudioEncoderConfig): Promise<boolean>;
  openDecoder(config: AudioDecoderConfig, events: CodingEvents<Waveform>): AudioCoding<EncodedPacket>;
  openEncoder(config: AudioEncoderConfig, events: CodingEvents<CodedSound>): AudioCoding<Waveform>;
}

/** What an encoder of WebCodecs has, the browser's and the library's in Node alike. */
interface WebCodecsEncoder<Data> {
  readonly state: string;
  readonly encodeQueueSize: number;
  encode(data: Data): void;
  flush(): Promise<void>;
  close(): void;
}

/** What makes an `AudioData` of either: planes one behind the other, the time in microseconds. */
export interface PlanarAudio {
  readonly format: 'f32-planar';
  readonly sampleRate: number;
  readonly numberOfChannels: number;
  readonly numberOfFrames: number;
  readonly timestamp: number;
  readonly data: Float32Array<ArrayBuffer>;
}

/** A configured encoder that takes sound stretch by stretch, each beginning where the one before it ended. */
export function soundCoding<Data extends { close(): void }>(
  encoder: WebCodecsEncoder<Data>,
  dataOf: (audio: PlanarAudio) => Data,
): AudioCoding<Waveform> {
  let pushed = 0;
  return {
    push(sound) {
      const { sampleRate, channels } = sound;
      const numberOfFrames = channels[0].length;
      const timestamp = Math.round((pushed / sampleRate) * 1e6);
      const planar = { format: 'f32-planar', sampleRate, numberOfChannels: channels.length, numberOfFrames } as const;
      const data = dataOf({ ...planar, timestamp, data: planarSamples(sound) });
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
  };
}

/** The channels one after the other, as `f32-planar` wants them. */
function planarSamples({ channels }: Waveform): Float32Array<ArrayBuffer> {
  const planes = new Float32Array(channels.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const samples of channels) {
    planes.set(samples, at);
    at += samples.length;
  }
  return planes;
}

/** Inputs that may wait for a coder before the caller does. */
const INPUTS_AHEAD = 64;

/** Lets a coder catch up. `failed` ends the wait. */
export async function caughtUp(coder: Pick<AudioCoding<never>, 'queueSize'>, failed: () => boolean): Promise<void> {
  while (coder.queueSize > INPUTS_AHEAD && !failed()) await new Promise((resolve) => setTimeout(resolve, 1));
}
