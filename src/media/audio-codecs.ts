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

/** The channels one after the other, as `f32-planar` wants them. */
export function planarSamples({ channels }: Waveform): Float32Array<ArrayBuffer> {
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
