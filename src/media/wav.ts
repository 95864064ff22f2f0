/** WAV (RIFF WAVE) with 32-bit floating-point samples: nothing is lost, and nothing is clipped. */
import { sampleCount, type Waveform } from '../audio';
import { AiprodError } from '../errors';

const HEADER_BYTES = 58;
/** WAVE_FORMAT_IEEE_FLOAT. */
const FLOAT_FORMAT = 3;
const SAMPLE_BYTES = 4;
/** RIFF counts bytes in 32 bits. */
const MOST_BYTES = 2 ** 32 - 1;

/** The sound as a file. @throws bad-input when it is longer than a WAV can hold: 4 GiB. */
export function encodeWav(waveform: Waveform): Uint8Array<ArrayBuffer> {
  const { sampleRate, channels } = waveform;
  const samples = sampleCount(waveform);
  const dataBytes = samples * channels.length * SAMPLE_BYTES;
  if (HEADER_BYTES + dataBytes > MOST_BYTES) {
    throw new AiprodError('bad-input', 'The sound is too long for a WAV file', {
      expected: `${MOST_BYTES} bytes`,
      found: String(dataBytes),
    });
  }
  const bytes = new Uint8Array(HEADER_BYTES + dataBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const text = (letters: string): void => {
    for (const letter of letters) view.setUint8(at++, letter.charCodeAt(0));
  };
  const word = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const half = (value: number): void => {
    view.setUint16(at, value, true);
    at += 2;
  };
  text('RIFF');
  word(bytes.length - 8);
  text('WAVEfmt ');
  word(18);
  half(FLOAT_FORMAT);
  half(channels.length);
  word(sampleRate);
  word(sampleRate * channels.length * SAMPLE_BYTES);
  half(channels.length * SAMPLE_BYTES);
  half(8 * SAMPLE_BYTES);
  half(0);
  // Formats other than plain integers also say how many samples there are.
  text('fact');
  word(4);
  word(samples);
  text('data');
  word(dataBytes);
  for (let sample = 0; sample < samples; sample++) {
    for (const channel of channels) {
      view.setFloat32(at, channel[sample], true);
      at += SAMPLE_BYTES;
    }
  }
  return bytes;
}
