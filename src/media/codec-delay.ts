/** How far an encoder and its decoder put a sound off, where no header says it (AAC). */
import { EncodedPacket } from 'mediabunny';
import type { Waveform } from '../audio';
import { AiprodError } from '../errors';
import type { AudioCodecHost } from './audio-codecs';

/** Longest delay that is looked for, samples. */
const MOST_DELAY = 4096;
const COMPARED = 8192;
/** Numerical Recipes' linear congruential generator. */
const MULTIPLIER = 1664525;
const INCREMENT = 1013904223;

/** Noise that repeats nowhere, smoothed so that codecs keep it. */
function probe(sampleRate: number, channels: number): Waveform {
  let state = 1;
  let last = 0;
  const samples = Float32Array.from({ length: COMPARED + 4 * MOST_DELAY }, () => {
    state = (Math.imul(state, MULTIPLIER) + INCREMENT) >>> 0;
    last = 0.9 * last + 0.1 * (state / 2 ** 31 - 1);
    return last;
  });
  return { sampleRate, channels: new Array<Float32Array>(channels).fill(samples) };
}

/**
 * Samples by which a sound comes later when it has been encoded and decoded.
 * @throws internal when the host's own decoder does not give the sound back.
 */
export async function measureCodecDelay(host: AudioCodecHost, config: AudioEncoderConfig): Promise<number> {
  const sound = probe(config.sampleRate, config.numberOfChannels);
  const packets: { data: Uint8Array; config?: AudioDecoderConfig }[] = [];
  const failures: unknown[] = [];
  const error = (cause: unknown): void => void failures.push(cause);
  const encoder = host.openEncoder(config, { output: (packet) => packets.push(packet), error });
  encoder.push(sound);
  await encoder.flush();
  encoder.close();
  const decoded: number[] = [];
  const decoder = host.openDecoder(packets[0]?.config ?? config, {
    output: ({ channels: [first] }) => {
      for (const sample of first) decoded.push(sample);
    },
    error,
  });
  for (const [at, { data }] of packets.entries()) decoder.push(new EncodedPacket(data, 'key', at, 1));
  await decoder.flush();
  decoder.close();
  const delay = bestDelay(sound.channels[0], decoded);
  if (failures.length > 0 || delay === undefined) {
    throw new AiprodError('internal', `${host.name} does not give back what it encodes`, {
      found: failures.length > 0 ? String(failures[0]) : 'another sound',
      hint: 'Use Opus',
    });
  }
  return delay;
}

/** The delay of the largest correlation; undefined when nothing is alike. */
function bestDelay(sound: Float32Array, decoded: readonly number[]): number | undefined {
  let best: number | undefined;
  let largest = 0;
  for (let delay = 0; delay < MOST_DELAY && delay + MOST_DELAY + COMPARED <= decoded.length; delay++) {
    let sum = 0;
    for (let at = MOST_DELAY; at < MOST_DELAY + COMPARED; at++) sum += sound[at] * decoded[at + delay];
    if (sum > largest) [largest, best] = [sum, delay];
  }
  return best;
}
