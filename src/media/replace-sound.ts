/** The packets of a clip's picture in a new file beside another sound; nothing of the picture is decoded. */
import {
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MATROSKA,
  MP4,
  Mp4OutputFormat,
  Output,
  QTFF,
  StreamTarget,
  WEBM,
  WebMOutputFormat,
  type InputVideoTrack,
  type StreamTargetChunk,
} from 'mediabunny';
import { AiprodError } from '../errors';
import type { OpenedFile } from './open-media';
import { checkContainer } from './check-container';
import { soundPackets } from './container';
import type { SoundTrack } from './sound-track';
import { rateOfTrack } from './track-rate';
import type { ByteSink } from './types';

/** Seconds that a frame may lie beside its place in an even rate: a tick of WebM, and rounding. */
const GRID_TOLERANCE = 6e-4;

/**
 * Copies the first video track of MP4, MOV, WebM or MKV packet by packet, with its times, its turn and the file's tags (a recipe is one), and adds a
 * sound that ends with it. Other tracks are left out. The sink is neither closed nor aborted.
 * @param format of the new file
 * @throws bad-input when the file is damaged or holds no video; codec-unavailable when the format does not hold its codec.
 */
export async function replaceSound(
  { bytes, container }: OpenedFile,
  format: 'mp4' | 'webm',
  sound: SoundTrack,
  sink: ByteSink,
): Promise<void> {
  const where = bytes.name;
  let input: Input | undefined;
  let output: Output | undefined;
  try {
    await checkContainer(bytes);
    input = new Input({ source: container(), formats: [MP4, QTFF, WEBM, MATROSKA] });
    const track = await input.getPrimaryVideoTrack();
    const codec = (await track?.getCodec()) ?? null;
    const decoderConfig = (await track?.getDecoderConfig()) ?? null;
    if (track === null || codec === null || decoderConfig === null) {
      throw new AiprodError('bad-input', 'The file holds no video that can be copied', { where });
    }
    const outputFormat = format === 'webm' ? new WebMOutputFormat() : new Mp4OutputFormat({ fastStart: false });
    if (!outputFormat.getSupportedVideoCodecs().includes(codec)) {
      throw new AiprodError('codec-unavailable', `A .${format} file does not hold this video`, {
        where,
        expected: outputFormat.getSupportedVideoCodecs().join(', '),
        found: codec,
        hint: `Write .${format === 'webm' ? 'mp4' : 'webm'} instead`,
      });
    }
    const writable = new WritableStream<StreamTargetChunk>({ write: ({ data, position }) => sink.write(data, position) });
    output = new Output({ format: outputFormat, target: new StreamTarget(writable, { chunked: true, chunkSize: CHUNK_BYTES }) });
    const source = new EncodedVideoPacketSource(codec);
    const frameRate = await evenRate(track);
    output.addVideoTrack(source, { rotation: await track.getRotation(), ...(frameRate === undefined ? {} : { frameRate }) });
    const heard = soundPackets(sound.kind);
    output.addAudioTrack(heard.source);
    sound.connect(heard.add);
    output.setMetadataTags(await input.getMetadataTags());
    await output.start();
    for await (const packet of new EncodedPacketSink(track).packets()) {
      await source.add(packet, { decoderConfig });
      await sound.advance(Math.max(0, packet.timestamp + packet.duration));
    }
    await sound.finish(await track.computeDuration());
    await output.finalize();
  } catch (cause) {
    if (output !== undefined && (output.state === 'started' || output.state === 'pending')) await output.cancel();
    if (cause instanceof AiprodError) throw cause;
    const found = cause instanceof Error ? cause.message : String(cause);
    throw new AiprodError(
      'bad-input',
      'The video cannot be copied',
      { where, expected: 'a whole MP4, MOV, WebM or MKV', found },
      { cause },
    );
  } finally {
    input?.dispose();
    await bytes.close?.();
  }
}

/** Bytes that are written at a time. */
const CHUNK_BYTES = 1 << 20;

/** The rate in whose grid every frame lies, so that times stay exact; undefined where they are uneven. */
async function evenRate(track: InputVideoTrack): Promise<number | undefined> {
  const times: number[] = [];
  for await (const { timestamp } of new EncodedPacketSink(track).packets(undefined, undefined, { metadataOnly: true }))
    times.push(timestamp);
  const rate = await rateOfTrack(
    track,
    times.toSorted((a, b) => a - b),
  );
  if (rate === null) return undefined;
  const perSecond = rate.numerator / rate.denominator;
  const isEven = times.every((time) => Math.abs(time * perSecond - Math.round(time * perSecond)) / perSecond <= GRID_TOLERANCE);
  return isEven ? perSecond : undefined;
}
