/** MP4 by mp4-muxer, a third of the size of mediabunny's writer: what the core writes clips with. Works in Node and in the browser. */
import { Muxer, StreamTarget } from 'mp4-muxer';
import { AiprodError } from '../errors';
import { checkWriterOptions } from './checked-writer';
import type { ClipMuxer, MuxerOptions } from './clip-muxer';
import { completeMovie, endOfSamples } from './complete-movie';
import { encodeRecipe } from './recipe';
import type { ByteSink, VideoCodec } from './types';

const CODECS = { h264: 'avc', vp9: 'vp9', av1: 'av1' } as const satisfies Record<VideoCodec, string>;

/** Bytes that hold `ftyp` and the header of `mdat`. */
const BEGINNING = 64;

interface Piece {
  readonly bytes: Uint8Array;
  readonly position: number;
}

/**
 * Opens an MP4 for coded packets. Its index lies behind the packets, which go to the sink as they come; half a second of each track is
 * kept at a time.
 * @throws bad-input for a size, a rate or a recipe that cannot be written, and for packets out of their order
 */
export async function openMp4Muxer(sink: ByteSink, options: MuxerOptions): Promise<ClipMuxer> {
  checkWriterOptions({ ...options, format: 'mp4', sound: undefined });
  const { width, height, frameRate, codec, sound, recipe } = options;
  const { numerator, denominator } = frameRate;
  const comment = recipe === undefined ? undefined : encodeRecipe(recipe);
  const pieces: Piece[] = [];
  const beginning = new Uint8Array(BEGINNING);
  const onData = (bytes: Uint8Array, position: number): void => {
    if (position < BEGINNING) beginning.set(bytes.subarray(0, BEGINNING - position), position);
    pieces.push({ bytes: bytes.slice(), position });
  };
  const muxer = new Muxer({
    target: new StreamTarget({ onData }),
    fastStart: false,
    // Called a rate there, it is the ticks of a second: in those of the numerator, every frame begins on a whole one.
    video: { codec: CODECS[codec], width, height, frameRate: numerator },
    ...(sound === undefined ? {} : { audio: { codec: sound.codec, sampleRate: sound.sampleRate, numberOfChannels: sound.channels } }),
  });
  let frames = 0;
  let videoCodec: string | undefined;
  /** Of the sound, samples: what is not heard of its beginning, where its next stretch begins, how long the last was. */
  let heard: { readonly delay: number; readonly end: number; readonly last: number } | undefined;
  let cancelled = false;

  const outOfOrder = (what: string, expected: number, found: number): AiprodError =>
    new AiprodError('bad-input', `${what} of the clip came out of its order`, {
      expected: String(expected),
      found: String(found),
      hint: 'Give them as they are shown, without a gap, from an encoder that does not reorder frames',
    });

  const writeOut = async (): Promise<void> => {
    for (const { bytes, position } of pieces.splice(0)) await sink.write(bytes, position);
  };

  const guarded = async (work: () => void): Promise<void> => {
    if (cancelled) throw new AiprodError('internal', 'The clip was cancelled already', { hint: 'Open another' });
    try {
      work();
    } catch (cause) {
      throw new AiprodError(
        'bad-input',
        'The clip cannot be written',
        { found: cause instanceof Error ? cause.message : String(cause) },
        { cause },
      );
    }
  };

  return {
    async addPicture({ data, key, frame }, config) {
      if (frame !== frames) throw outOfOrder('A frame', frames, frame);
      videoCodec ??= config?.codec;
      await guarded(() => {
        const microseconds = (1e6 * denominator) / numerator;
        muxer.addVideoChunkRaw(
          data,
          key ? 'key' : 'delta',
          frame * microseconds,
          microseconds,
          config && { decoderConfig: described(config) },
        );
      });
      frames += 1;
      await writeOut();
    },
    async addSound({ data, start, samples }, config) {
      if (sound === undefined)
        throw new AiprodError('bad-usage', 'The clip was opened without sound', { hint: 'Name its sound when it is opened' });
      if (heard === undefined ? start > 0 : start !== heard.end) throw outOfOrder('The sound', heard?.end ?? 0, start);
      const delay = heard?.delay ?? -start;
      await guarded(() => {
        const microseconds = 1e6 / sound.sampleRate;
        const at = (start + delay) * microseconds;
        muxer.addAudioChunkRaw(data, 'key', at, samples * microseconds, config && { decoderConfig: config });
      });
      heard = { delay, end: start + samples, last: samples };
      await writeOut();
    },
    async finalize() {
      if (frames === 0) throw new AiprodError('bad-input', 'A clip needs at least one frame', { found: '0 frames' });
      await guarded(() => muxer.finalize());
      const index = endOfSamples(beginning);
      const behind = pieces.splice(0).flatMap(({ bytes, position }): Piece[] => {
        const cut = Math.max(0, Math.min(bytes.length, index - position));
        if (cut > 0) pieces.push({ bytes: bytes.subarray(0, cut), position });
        return cut === bytes.length ? [] : [{ bytes: bytes.subarray(cut), position: position + cut }];
      });
      const movie = new Uint8Array(Math.max(...behind.map(({ bytes, position }) => position + bytes.length)) - index);
      for (const { bytes, position } of behind) movie.set(bytes, position - index);
      pieces.push({
        bytes: completeMovie(movie, { comment, videoCodec, sound: heard && sound && { ...heard, sampleRate: sound.sampleRate } }),
        position: index,
      });
      await writeOut();
    },
    async cancel() {
      cancelled = true;
      pieces.length = 0;
    },
  };
}

/** Colours that mp4-muxer has a number for (ITU-T H.273). */
const COLOURS = {
  primaries: ['bt709', 'bt470bg', 'smpte170m'],
  transfer: ['bt709', 'smpte170m', 'iec61966-2-1'],
  matrix: ['rgb', 'bt709', 'bt470bg', 'smpte170m'],
} as const;

/**
 * A decoder's configuration as mp4-muxer takes it: a description in a buffer of its own, and colours that are said whole or not at all, for
 * of a part it would make another colour. What the file does not say, the coded pictures do.
 * @throws bad-input of VP9 whose colours are not said: its box in an MP4 has to say them
 */
function described({ description, colorSpace, ...config }: VideoDecoderConfig): VideoDecoderConfig {
  const known = (['primaries', 'transfer', 'matrix'] as const).every((name) =>
    COLOURS[name].some((colour) => colour === colorSpace?.[name]),
  );
  if (!known && config.codec.startsWith('vp09')) {
    throw new AiprodError('bad-input', 'The colours of the clip are not said', {
      expected: Object.entries(COLOURS)
        .map(([name, colours]) => `${name}: ${colours.join(' or ')}`)
        .join('; '),
      found: JSON.stringify(colorSpace ?? null),
      hint: "Give the configuration's colorSpace",
    });
  }
  return {
    ...config,
    ...(known ? { colorSpace } : {}),
    ...(description === undefined ? {} : { description: ownBytes(description) }),
  };
}

const ownBytes = (source: AllowSharedBufferSource): Uint8Array<ArrayBuffer> =>
  (ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source)).slice();
