/** MP4, MOV, WebM and MKV read: packets by mediabunny, pictures by a `DecoderHost`. */
import { EncodedPacketSink, Input, MATROSKA, MP4, QTFF, WEBM, type EncodedPacket, type InputVideoTrack, type Source } from 'mediabunny';
import { AiprodError } from '../errors';
import { checkSize, resolveRange } from './frame-range';
import { decodePackets, type DecoderHost } from './packet-decoder';
import { rateOfTrack } from './track-rate';
import { turned, type Turn } from './turn';
import type { FrameRange, Picture, VideoReader } from './types';

/** More packets than any clip here has: two days at 60 frames a second. */
const MAX_PACKETS = 10_000_000;
/** What an edit list puts before this many seconds below 0 is not shown; less is rounding. */
const EDIT_TOLERANCE = 1e-6;
/** Bit of a VP8 frame's first byte. */
const VP8_SHOW_FRAME = 0x10;

/** A packet as the index knows it. */
interface IndexedPacket {
  /** Seconds at which its frame is shown. */
  readonly timestamp: number;
  readonly isKey: boolean;
  /** Place in the order of decoding. */
  readonly place: number;
}

/**
 * Opens the first video track of a container. The index of its packets is read at once and the first frame decoded, so that
 * a file that cannot be read is refused here; the other frames are decoded as they are asked for.
 * @throws bad-input when the file is damaged or holds no video; codec-unavailable when the host does not decode its codec.
 */
export async function openContainer(source: Source, where: string, host: DecoderHost): Promise<VideoReader> {
  const input = new Input({ source, formats: [MP4, QTFF, WEBM, MATROSKA] });
  try {
    return await readTrack(input, where, host);
  } catch (cause) {
    input.dispose();
    throw asDamaged(cause, where);
  }
}

function asDamaged(cause: unknown, where: string): AiprodError {
  if (cause instanceof AiprodError) return cause;
  return new AiprodError(
    'bad-input',
    'The video file cannot be read',
    { where, expected: 'a whole MP4, MOV, WebM or MKV', found: cause instanceof Error ? cause.message : String(cause) },
    { cause },
  );
}

async function readTrack(input: Input, where: string, host: DecoderHost): Promise<VideoReader> {
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new AiprodError('bad-input', 'The file holds no video', { where });
  checkSize(await track.getCodedWidth(), await track.getCodedHeight(), where);
  const config = await track.getDecoderConfig();
  if (config === null || !(await host.supports(config))) {
    throw new AiprodError('codec-unavailable', `${host.name} does not decode the video`, {
      where,
      found: config?.codec ?? (await track.getCodecParameterString()) ?? 'an unknown codec',
      hint: 'Convert it to MP4 with H.264, or give .gif, .y4m or a folder of PNG frames',
    });
  }
  const { matrix = null, fullRange = null } = await track.getColorSpace();
  const turn: Turn = { degrees: await track.getRotation(), mirrored: await track.getFlip() };
  const sink = new EncodedPacketSink(track);
  const index = await indexPackets(track, sink, where);
  const firstShown = index.findIndex(({ timestamp }) => timestamp > -EDIT_TOLERANCE);
  if (firstShown < 0) throw new AiprodError('bad-input', 'The video holds no frame', { where });
  const frameCount = index.length - firstShown;

  const pictures = async function* (range: FrameRange = {}): AsyncGenerator<Picture, void, undefined> {
    const { start, end } = resolveRange(range, frameCount, where);
    try {
      const from = await decodingStart(index, firstShown + start, sink, track);
      let frame = from.position - firstShown;
      for await (const picture of decodePackets(host, config, sink.packets(from.packet), { matrix, fullRange }, where)) {
        if (frame >= start) yield turned(picture, turn);
        frame += 1;
        if (frame >= end) return;
      }
      throw new AiprodError('bad-input', 'The video is damaged', {
        where,
        expected: `${frameCount} frames, as many as the file lists`,
        found: `${frame} that decode`,
      });
    } catch (cause) {
      throw asDamaged(cause, where);
    }
  };

  const first = await firstOf(pictures({ end: 1 }));
  return {
    width: first.width,
    height: first.height,
    frameRate: await rateOfTrack(
      track,
      index.map(({ timestamp }) => timestamp),
    ),
    frameCount,
    description: `${(await input.getFormat()).name} (${config.codec})`,
    async *pictures(range) {
      for await (const picture of pictures(range)) {
        if (picture.width !== first.width || picture.height !== first.height) {
          throw new AiprodError('bad-input', 'The frames of the video differ in size', {
            where,
            expected: `${first.width}x${first.height}`,
            found: `${picture.width}x${picture.height}`,
          });
        }
        yield picture;
      }
    },
    async keyFrameOf(frame) {
      resolveRange({ start: frame, end: frame + 1 }, frameCount, where);
      // Nothing before the first frame that is shown can be asked for.
      return Math.max(0, (await decodingStart(index, firstShown + frame, sink, track)).position - firstShown);
    },
    close: async () => input.dispose(),
  };
}

async function firstOf(pictures: AsyncGenerator<Picture, void, undefined>): Promise<Picture> {
  for await (const picture of pictures) return picture;
  throw new AiprodError('bad-input', 'The video is damaged', { expected: 'a first frame', found: 'none that decodes' });
}

/**
 * All packets in the order in which their frames are shown. VP8's hidden reference frames (RFC 6386, section 9.1), which are
 * packets of their own, are left out.
 */
async function indexPackets(track: InputVideoTrack, sink: EncodedPacketSink, where: string): Promise<IndexedPacket[]> {
  const isVp8 = (await track.getCodec()) === 'vp8';
  const packets: IndexedPacket[] = [];
  let place = 0;
  for await (const packet of sink.packets(undefined, undefined, { metadataOnly: !isVp8 })) {
    const hidden = isVp8 && (packet.data[0] & VP8_SHOW_FRAME) === 0;
    if (!hidden) packets.push({ timestamp: packet.timestamp, isKey: packet.type === 'key', place });
    place += 1;
    if (place > MAX_PACKETS) throw new AiprodError('bad-input', 'The video lists too many frames', { where, expected: `${MAX_PACKETS}` });
  }
  return packets.toSorted((a, b) => a.timestamp - b.timestamp || a.place - b.place);
}

/**
 * Where to begin decoding for a frame: the last key packet that is not shown after it, and after which no frame comes that
 * is shown before it, since such a frame may need what precedes the key packet. What the file calls a key packet is checked.
 */
async function decodingStart(
  index: readonly IndexedPacket[],
  target: number,
  sink: EncodedPacketSink,
  track: InputVideoTrack,
): Promise<{ position: number; packet: EncodedPacket }> {
  let lastBefore = -1;
  const candidates: number[] = [];
  for (const [position, { isKey, place }] of index.slice(0, target + 1).entries()) {
    if (isKey && place > lastBefore) candidates.push(position);
    lastBefore = Math.max(lastBefore, place);
  }
  for (const position of candidates.reverse()) {
    const packet = await sink.getPacket(index[position].timestamp);
    if (packet?.timestamp !== index[position].timestamp) continue;
    if (((await track.determinePacketType(packet)) ?? packet.type) === 'key') return { position, packet };
  }
  const packet = await sink.getFirstPacket();
  if (packet === null)
    throw new AiprodError('bad-input', 'The video is damaged', { expected: 'the frames that it lists', found: 'none of them' });
  return { position: 0, packet };
}
