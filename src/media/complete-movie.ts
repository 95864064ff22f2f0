/**
 * What mp4-muxer (5.2) leaves out of the index of an MP4 (its `moov` box), or says otherwise than it is: the recipe as a comment, the edit
 * that keeps what an encoder puts before the sound from being heard, the length of the sound's last packet, what the configurations of
 * AV1 and VP9 say of the stream. By ISO/IEC 14496-12 where nothing else is named.
 *
 * The index lies behind the samples, so nothing that it points to moves when it grows.
 */
import { joinedBytes } from '../numeric/joined';
import { boxes } from './container-comment';
import { asciiBytes, latin1Text } from './recipe';

export interface MovieAdditions {
  /** ASCII. */
  readonly comment?: string;
  readonly sound?: SoundAdditions;
  /** Codec string of WebCodecs. */
  readonly videoCodec?: string;
}

/** In samples, which are the ticks of a track of sound. */
interface SoundAdditions {
  /** What is not heard of its beginning. */
  readonly delay: number;
  /** Length of its last packet. */
  readonly last: number;
  readonly sampleRate: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Ticks a second of the lengths that `mvhd`, `tkhd` and edits give. */
const MOVIE_TIMESCALE = 1000;
/** Bytes of a box's size and name; of a full box's version and flags. */
const HEADER = 8;
const FULL = 4;

/** @param movie a whole `moov` box @returns another, with all of it */
export function completeMovie(movie: Bytes, { comment, sound, videoCodec }: MovieAdditions): Bytes {
  let length = 0;
  const tracks = within(movie, ['trak'], (track) => {
    const [changed, played] = isSound(track) ? withSound(track, sound) : [withConfiguration(track, videoCodec), lengthOf(track)];
    length = Math.max(length, played);
    return changed;
  });
  const timed = within(tracks, ['mvhd'], (header) => withLength(header, MVHD_LENGTH, length));
  return comment === undefined ? timed : box('moov', timed.subarray(HEADER), commentBox(comment));
}

/** Where `mvhd` and `tkhd` say a length: in version 0, whose times have 32 bits, and in version 1, whose have 64. */
const MVHD_LENGTH = { short: 24, long: 32 };
const TKHD_LENGTH = { short: 28, long: 36 };

function withLength(header: Bytes, { short, long }: typeof MVHD_LENGTH, length: number): Bytes {
  const changed = header.slice();
  const view = new DataView(changed.buffer);
  if (changed[HEADER] === 1) view.setBigUint64(long, BigInt(length));
  else view.setUint32(short, length);
  return changed;
}

/** Length of a track in the movie's ticks. */
function lengthOf(track: Bytes): number {
  const header = firstOf(track, ['tkhd']);
  const view = new DataView(header.buffer);
  return header[HEADER] === 1 ? Number(view.getBigUint64(TKHD_LENGTH.long)) : view.getUint32(TKHD_LENGTH.short);
}

const isSound = (track: Bytes): boolean => latin1Text(firstOf(track, ['mdia', 'hdlr']).subarray(16, 20)) === 'soun';

/** @returns the track and its length as it is played, in the movie's ticks */
function withSound(track: Bytes, sound: SoundAdditions | undefined): readonly [Bytes, number] {
  if (sound === undefined) return [track, lengthOf(track)];
  const { delay, last, sampleRate } = sound;
  const lasting = within(track, ['mdia', 'minf', 'stbl', 'stts'], (times) => withLastLength(times, last));
  if (delay === 0) return [lasting, lengthOf(lasting)];
  const played = Math.max(0, lengthOf(lasting) - Math.round((delay / sampleRate) * MOVIE_TIMESCALE));
  // One edit (8.6.6): so much of the media, from there on, at its own speed.
  const edit = box('edts', box('elst', uint32(0), uint32(1), uint32(played), uint32(delay), uint32(0x10000)));
  return [within(lasting, ['tkhd'], (header) => joinedBytes([withLength(header, TKHD_LENGTH, played), edit])), played];
}

/** The lengths of samples (8.6.1.2), of which mp4-muxer makes the last as long as the one before it. */
function withLastLength(times: Bytes, last: number): Bytes {
  const view = new DataView(times.buffer);
  const runs = Array.from({ length: view.getUint32(HEADER + FULL) }, (_, at) => {
    const place = HEADER + FULL + 4 + at * 8;
    return { count: view.getUint32(place), ticks: view.getUint32(place + 4) };
  });
  const [final] = runs.splice(-1);
  if (final.count > 1) runs.push({ ...final, count: final.count - 1 });
  runs.push({ count: 1, ticks: last });
  return box('stts', uint32(0), uint32(runs.length), ...runs.flatMap(({ count, ticks }) => [uint32(count), uint32(ticks)]));
}

/** Bytes of `stsd` before its entries, and of a visual sample entry before the boxes in it. */
const ENTRIES = FULL + 4;
const VISUAL_ENTRY = 78;

/** The track with what its codec's configuration has to say; H.264's is the encoder's own and stays. */
function withConfiguration(track: Bytes, codec = ''): Bytes {
  const [entry, name, content] = codec.startsWith('av01')
    ? ['av01', 'av1C', av1Configuration(codec)]
    : codec.startsWith('vp09')
      ? ['vp09', 'vpcC', vp9Configuration(codec)]
      : [];
  if (entry === undefined || name === undefined || content === undefined) return track;
  return within(track, ['mdia', 'minf', 'stbl', 'stsd'], (descriptions) =>
    within(descriptions, [entry], (described) => within(described, [name], () => box(name, content), VISUAL_ENTRY), ENTRIES),
  );
}

/**
 * Of a codec string `av01.P.LLT.DD`: AV1 Codec ISO Media File Format Binding, sections 2.3.3 and 5. In 4:2:0, the place of the samples
 * unknown, as browsers encode it.
 */
function av1Configuration(codec: string): Bytes {
  const [, profile = '0', level = '00M', depth = '08'] = codec.split('.');
  const [high, twelve] = [Number(depth) > 8, Number(depth) === 12].map(Number);
  const tier = Number(level.endsWith('H'));
  return Uint8Array.of(0x81, (Number(profile) << 5) | Number.parseInt(level, 10), (tier << 7) | (high << 6) | (twelve << 5) | 0b1100, 0);
}

/**
 * Of a codec string `vp09.PP.LL.DD.CC.cp.tc.mc.FF`: VP Codec ISO Media File Format Binding; what is left out of it is 4:2:0, its chroma
 * beside the luma, and BT.709 in limited range.
 */
function vp9Configuration(codec: string): Bytes {
  const [profile, level, depth, chroma = 1, primaries = 1, transfer = 1, matrix = 1, fullRange = 0] = codec.split('.').slice(1).map(Number);
  return Uint8Array.of(1, 0, 0, 0, profile, level, (depth << 4) | (chroma << 1) | fullRange, primaries, transfer, matrix, 0, 0);
}

/** Metadata as iTunes and ffmpeg write it (`udta/meta/ilst`), where `readMp4Comments` finds it. */
function commentBox(comment: string): Bytes {
  const [none, utf8] = [uint32(0), uint32(1)];
  const handler = box('hdlr', none, none, asciiBytes('mdirappl'), none, none, Uint8Array.of(0));
  return box('udta', box('meta', none, handler, box('ilst', box('\xa9cmt', box('data', utf8, none, asciiBytes(comment))))));
}

/**
 * A box with others in the place of those at the end of a path of names, sizes set anew all the way up.
 * @param before bytes of the box's content that stand before the boxes in it
 */
function within(whole: Bytes, [name, ...rest]: readonly string[], change: (found: Bytes) => Bytes, before = 0): Bytes {
  const children = Array.from(boxes(whole, { start: HEADER + before, end: whole.length }), (child) => {
    const bytes = whole.slice(child.start - HEADER, child.end);
    if (child.name !== name) return bytes;
    return rest.length === 0 ? change(bytes) : within(bytes, rest, change);
  });
  return box(latin1Text(whole.subarray(4, HEADER)), whole.subarray(HEADER, HEADER + before), ...children);
}

function firstOf(whole: Bytes, path: readonly string[]): Bytes {
  let first: Bytes | undefined;
  within(whole, path, (found) => (first ??= found));
  if (first === undefined) throw new Error(`the movie has no ${path.join('/')}`);
  return first;
}

function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function box(name: string, ...content: readonly Uint8Array[]): Bytes {
  const size = content.reduce((sum, { length }) => sum + length, HEADER);
  return joinedBytes([uint32(size), asciiBytes(name), ...content]);
}

/** Where the box after the samples begins. @param beginning of the file: `ftyp`, and the header of `mdat` with its size */
export function endOfSamples(beginning: Uint8Array): number {
  const view = new DataView(beginning.buffer, beginning.byteOffset);
  const at = view.getUint32(0);
  if (latin1Text(beginning.subarray(at + 4, at + 8)) !== 'mdat') throw new Error('the samples are not where they were expected');
  const size = view.getUint32(at);
  return at + (size === 1 ? Number(view.getBigUint64(at + 8)) : size);
}
