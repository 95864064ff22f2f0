/** MP4 and WebM through mediabunny: the output with its tags, and re-timing of what other encoders made. */
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  WEBM,
  WebMOutputFormat,
  type Source,
  type StreamTargetChunk,
  type VideoCodec as ContainerCodec,
  type VideoSource,
} from 'mediabunny';
import { AiprodError } from '../errors';
import type { ClipMuxer, MuxedSound, MuxerOptions } from './clip-muxer';
import { secondsOfFrame } from './frame-rate';
import { encodeRecipe } from './recipe';
import type { SoundTrack } from './sound-track';
import type { ByteSink, VideoCodec, VideoWriterOptions } from './types';

/** Our codec names in mediabunny's terms. */
export const CONTAINER_CODECS: Readonly<Record<VideoCodec, ContainerCodec>> = { h264: 'avc', vp9: 'vp9', av1: 'av1' };

/** What compressed video of ours always is: BT.709, limited range; see `yuv.ts`. */
export const CLIP_COLOR_SPACE = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const;

/** What an encoder of compressed clips is given. */
export interface ClipOptions extends VideoWriterOptions {
  /** `sound`, opened. */
  readonly soundTrack?: SoundTrack;
}

/** A container that is being written. */
export interface ClipOutput {
  /** To be told of every frame that was added: the sound keeps up with them. @param index of the frame */
  frameAdded(index: number): Promise<void>;
  /** Ends the file; the sound ends with the last of the frames. */
  finalize(frameCount: number): Promise<void>;
  /** Drops what was written; may be called at any time. */
  cancel(): Promise<void>;
}

/** A container that is given coded frames. */
export interface PacketOutput extends ClipOutput {
  readonly addPicture: ClipMuxer['addPicture'];
}

/** How much will come, where it is known before. */
interface PacketCounts {
  readonly pictures: number;
  readonly sounds: number;
}

/**
 * An output with a video track, a sound track where there is one, and the recipe as its comment, started and ready for samples or
 * packets.
 *
 * The track's frame rate makes the timescale of MP4 a multiple of the numerator, so that frame i lies exactly at
 * i * denominator / numerator. WebM counts whole milliseconds (its default and mediabunny's only tick): each frame is within
 * half a millisecond, without drift.
 *
 * Compressed frames go to the sink as they come, so memory does not grow with the clip. The index of an MP4 lies before them
 * where their number is known or the file is in memory anyway, else behind them.
 */
async function openOutput(
  source: VideoSource,
  sink: ByteSink,
  { format, frameRate, recipe }: Pick<VideoWriterOptions, 'format' | 'frameRate' | 'recipe'>,
  sound?: MuxedSound,
  counts?: PacketCounts,
): Promise<Omit<ClipMuxer, 'addPicture'>> {
  const writable = new WritableStream<StreamTargetChunk>({ write: ({ data, position }) => sink.write(data, position) });
  const fastStart = sink.inMemory === true ? 'in-memory' : counts === undefined ? false : 'reserve';
  const output = new Output({
    format: format === 'webm' ? new WebMOutputFormat() : new Mp4OutputFormat({ fastStart }),
    target: new StreamTarget(writable, { chunked: true, chunkSize: CHUNK_BYTES }),
  });
  output.addVideoTrack(source, {
    frameRate: frameRate.numerator / frameRate.denominator,
    ...(counts === undefined ? {} : { maximumPacketCount: counts.pictures }),
  });
  const track = sound === undefined ? undefined : soundPackets(sound);
  if (track !== undefined) output.addAudioTrack(track.source, counts === undefined ? {} : { maximumPacketCount: counts.sounds });
  if (recipe !== undefined) output.setMetadataTags({ comment: encodeRecipe(recipe) });
  await output.start();
  return {
    addSound: track?.add ?? (() => Promise.reject(new AiprodError('internal', 'The file was opened without sound'))),
    finalize: () => output.finalize(),
    async cancel() {
      if (output.state === 'started' || output.state === 'pending') await output.cancel();
    },
  };
}

/** A track of sound for an output of mediabunny, and what puts coded sound into it. */
export function soundPackets({ codec, sampleRate }: MuxedSound): {
  readonly source: EncodedAudioPacketSource;
  readonly add: ClipMuxer['addSound'];
} {
  const source = new EncodedAudioPacketSource(codec);
  return {
    source,
    add: ({ data, start, samples }, decoderConfig) =>
      source.add(new EncodedPacket(data, 'key', start / sampleRate, samples / sampleRate), decoderConfig && { decoderConfig }),
  };
}

/** MP4 or WebM by mediabunny, packet by packet. */
export async function openContainerMuxer(
  sink: ByteSink,
  options: MuxerOptions & { readonly format: 'mp4' | 'webm' },
  counts?: PacketCounts,
): Promise<ClipMuxer> {
  const { codec, frameRate, sound } = options;
  const source = new EncodedVideoPacketSource(CONTAINER_CODECS[codec]);
  const duration = secondsOfFrame(1, frameRate);
  return {
    ...(await openOutput(source, sink, options, sound, counts)),
    addPicture: ({ data, key, frame }, decoderConfig) =>
      source.add(
        new EncodedPacket(data, key ? 'key' : 'delta', secondsOfFrame(frame, frameRate), duration),
        decoderConfig && { decoderConfig },
      ),
  };
}

/** The sound of a clip, coded as its frames come. */
function besideFrames(
  { addSound, finalize, cancel }: Omit<ClipMuxer, 'addPicture'>,
  { soundTrack, frameRate }: Pick<ClipOptions, 'soundTrack' | 'frameRate'>,
): ClipOutput {
  soundTrack?.connect(addSound);
  return {
    frameAdded: async (index) => soundTrack?.advance(secondsOfFrame(index + 1, frameRate)),
    async finalize(count) {
      await soundTrack?.finish(secondsOfFrame(count, frameRate));
      await finalize();
    },
    async cancel() {
      soundTrack?.close();
      await cancel();
    },
  };
}

/** A container that encodes by itself what a source gives it; see `openOutput`. */
export async function startOutput(source: VideoSource, sink: ByteSink, options: ClipOptions): Promise<ClipOutput> {
  return besideFrames(await openOutput(source, sink, options, options.soundTrack?.kind), options);
}

/**
 * A container for frames that another encoder made.
 * @param frameCount how many will come, where that is known
 */
export async function startPackets(codec: VideoCodec, sink: ByteSink, options: ClipOptions, frameCount?: number): Promise<PacketOutput> {
  const { soundTrack, frameRate } = options;
  const counts =
    frameCount === undefined
      ? undefined
      : { pictures: frameCount, sounds: soundTrack?.packetCount(secondsOfFrame(frameCount, frameRate)) ?? 0 };
  const format = options.format === 'webm' ? 'webm' : 'mp4';
  const muxer = await openContainerMuxer(sink, { ...options, codec, format, sound: soundTrack?.kind }, counts);
  return { ...besideFrames(muxer, options), addPicture: muxer.addPicture };
}

/** Bytes that are written at a time. */
const CHUNK_BYTES = 1 << 20;

/**
 * Copies the packets of an MP4 or WebM made by another encoder into a new file with exact timestamps and the recipe.
 * @throws internal when the encoder lost or invented frames.
 */
export async function remux(encoded: Source, codec: VideoCodec, sink: ByteSink, options: ClipOptions, frameCount: number): Promise<void> {
  // mediabunny (1.61) cannot keep room for the index when frames that are not shown in their order come before the first sound does.
  const reorders = codec === 'h264' && options.soundTrack !== undefined;
  const output = await startPackets(codec, sink, options, reorders ? undefined : frameCount);
  try {
    await copyPackets(encoded, output, { first: 0, count: frameCount });
    await output.finalize(frameCount);
  } catch (error) {
    await output.cancel();
    throw error;
  }
}

/**
 * Adds the packets of what another encoder made to an output, as the frames `first` to `first + count`. The encoder's own
 * times serve only for the order in which frames are shown.
 * @throws internal when the encoder lost or invented frames.
 */
export async function copyPackets(
  encoded: Source,
  output: PacketOutput,
  { first, count }: { readonly first: number; readonly count: number },
): Promise<void> {
  const input = new Input({ source: encoded, formats: [MP4, WEBM] });
  try {
    const track = await input.getPrimaryVideoTrack();
    const decoderConfig = await track?.getDecoderConfig();
    if (!track || !decoderConfig) throw new AiprodError('internal', 'The encoder made a file without a video track');
    const packets = new EncodedPacketSink(track);
    const times: number[] = [];
    for await (const packet of packets.packets(undefined, undefined, { metadataOnly: true })) times.push(packet.timestamp);
    const indexOfTime = new Map(times.toSorted((a, b) => a - b).map((time, index) => [time, index]));
    if (times.length !== count || indexOfTime.size !== count) {
      throw new AiprodError('internal', 'The encoder made another number of frames', {
        expected: String(count),
        found: String(indexOfTime.size),
      });
    }
    const config = { ...decoderConfig, colorSpace: CLIP_COLOR_SPACE };
    for await (const packet of packets.packets()) {
      const index = indexOfTime.get(packet.timestamp);
      if (index === undefined) throw new AiprodError('internal', 'A frame has another time on the second reading');
      // From the bits, not from the file's index: the WebAssembly encoder's MP4 says that every frame is a key frame.
      const type = (await track.determinePacketType(packet)) ?? packet.type;
      await output.addPicture({ data: packet.data, key: type === 'key', frame: first + index }, config);
      await output.frameAdded(first + index);
    }
  } finally {
    input.dispose();
  }
}
