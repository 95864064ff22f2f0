import { InvalidArgumentError, Option } from 'commander';
import { parseByteSize } from '../config';
import { AUDIO_CODECS } from '../media';

/** A whole number within bounds. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`);
  };
}

/** A number within bounds. */
export function decimalNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected a number from ${minimum} to ${maximum}.`);
  };
}

/** `4GB`, `512MiB` or a plain number of bytes. */
export function byteSize(text: string): number {
  const bytes = parseByteSize(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError('Expected a size such as 4GB, 512MiB or a number of bytes.');
}

/** One of several words. */
export function oneOf<const Words extends readonly string[]>(words: Words): (text: string) => Words[number] {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw new InvalidArgumentError(`Expected ${words.join(', ')}.`);
  };
}

/** Of commands that write clips with sound. */
export const audioCodecOption = (): Option =>
  new Option('--audio-codec <name>', 'of the sound of a clip; default: opus').argParser(oneOf(AUDIO_CODECS));
