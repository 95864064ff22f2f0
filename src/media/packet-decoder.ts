/**
 * Compressed packets to pictures by WebCodecs (W3C): the browser's own, or in Node a library of the same interface. Either is
 * reached through `DecoderHost`, so that the reading of clips is one program.
 */
import type { EncodedPacket } from 'mediabunny';
import { AiprodError } from '../errors';
import { checkSize } from './frame-range';
import type { Picture } from './types';
import { planesByteLength, planesToRgba, splitPlanes, type StoredMatrix, type StoredSampling, type YuvLayout } from './yuv-planes';

/** A decoded frame as both implementations have it. */
export interface DecodedFrame {
  readonly format: string | null;
  readonly codedWidth: number;
  readonly codedHeight: number;
  readonly visibleRect: { readonly width: number; readonly height: number } | null;
  readonly colorSpace: { readonly matrix: string | null; readonly fullRange: boolean | null };
  /** Bytes that `copyTo` writes. */
  allocationSize(form: 'as stored' | 'RGBA'): number;
  /** Copies the visible part with its planes one after another, or as RGBA. */
  copyTo(destination: Uint8Array<ArrayBuffer>, form: 'as stored' | 'RGBA'): Promise<unknown>;
  close(): void;
}

export interface PacketDecoder {
  decode(packet: EncodedPacket): void;
  flush(): Promise<void>;
  /** Packets that were given and have not been taken up yet. */
  readonly queueSize: number;
  close(): void;
}

export interface DecoderEvents {
  output(frame: DecodedFrame): void;
  error(cause: unknown): void;
  /** `queueSize` has become less. */
  dequeue(): void;
}

export interface DecoderHost {
  /** For messages: `this browser`, or what decodes in Node. */
  readonly name: string;
  /** Whether it can decode; false also for a configuration that it does not understand. */
  supports(config: VideoDecoderConfig): Promise<boolean>;
  open(config: VideoDecoderConfig, events: DecoderEvents): PacketDecoder;
}

/** What the container says of the colours, for streams that say nothing themselves. */
export interface ContainerColors {
  readonly matrix: string | null;
  readonly fullRange: boolean | null;
}

/** Frames decoded ahead of whoever takes them; enough that decoder and reader work side by side. */
const FRAMES_AHEAD = 6;
/** Packets that wait in the decoder. */
const PACKETS_AHEAD = 8;

/**
 * Pictures in the order in which they are shown, decoded while they are taken.
 * @throws bad-input where a packet is damaged.
 */
export async function* decodePackets(
  host: DecoderHost,
  config: VideoDecoderConfig,
  packets: AsyncIterable<EncodedPacket>,
  colors: ContainerColors,
  where: string,
): AsyncGenerator<Picture, void, undefined> {
  const pictures: Promise<Picture>[] = [];
  // The first is told; what follows comes of it.
  const failures: AiprodError[] = [];
  let wake = (): void => undefined;
  const fail = (cause: unknown): void => {
    failures.push(
      cause instanceof AiprodError
        ? cause
        : new AiprodError('bad-input', 'The video is damaged', {
            where,
            expected: `a whole ${config.codec} stream`,
            found: cause instanceof Error ? cause.message : String(cause),
          }),
    );
    wake();
  };
  const decoder = host.open(config, {
    output(frame) {
      const picture = pictureOf(frame, colors, where);
      // A failure is told where the picture is taken.
      picture.catch(() => undefined);
      pictures.push(picture);
      wake();
    },
    error: fail,
    dequeue: () => wake(),
  });
  const change = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const orDamaged = <Result>(work: () => Result): Result | undefined => {
    try {
      return work();
    } catch (cause) {
      fail(cause);
      return undefined;
    }
  };
  try {
    for await (const packet of packets) {
      if (failures.length > 0) throw failures[0];
      orDamaged(() => decoder.decode(packet));
      for (;;) {
        while (pictures.length > FRAMES_AHEAD || (pictures.length > 0 && decoder.queueSize >= PACKETS_AHEAD)) {
          const picture = pictures.shift();
          if (picture !== undefined) yield await picture;
        }
        if (failures.length > 0) throw failures[0];
        if (decoder.queueSize < PACKETS_AHEAD) break;
        await change();
      }
    }
    let flushed = false;
    const flush = decoder.flush().then(
      () => {
        flushed = true;
        wake();
      },
      (cause: unknown) => fail(cause),
    );
    for (;;) {
      const picture = pictures.shift();
      if (picture !== undefined) yield await picture;
      else if (failures.length > 0) throw failures[0];
      else if (flushed) break;
      else await change();
    }
    await flush;
  } finally {
    decoder.close();
  }
}

/** Takes a frame's samples out of the decoder at once, so that its few buffers are free again. */
async function pictureOf(frame: DecodedFrame, colors: ContainerColors, where: string): Promise<Picture> {
  try {
    const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
    checkSize(width, height, where);
    const layout = layoutOf(frame, colors, width, height);
    const form = layout === undefined ? 'RGBA' : 'as stored';
    const bytes = new Uint8Array(frame.allocationSize(form));
    if (bytes.length < (layout === undefined ? width * height * 4 : planesByteLength(layout))) {
      throw new AiprodError('bad-input', 'The video is damaged', {
        where,
        expected: `${width}x${height}`,
        found: `${bytes.length} bytes of samples`,
      });
    }
    await frame.copyTo(bytes, form);
    if (layout === undefined) return { width, height, planes: null, rgba: () => bytes.slice() };
    const planes = splitPlanes(frame.format === 'NV12' ? separateChroma(bytes, layout) : bytes, layout);
    return { width, height, planes, rgba: () => planesToRgba(planes) };
  } finally {
    frame.close();
  }
}

/** Formats of WebCodecs that are luma and chroma in planes, alpha behind them; the others are asked for as RGBA. */
const PLANAR = /^I(420|422|444)A?(?:P(10|12))?$/;
const SAMPLINGS: Readonly<Record<string, StoredSampling>> = { '420': '420', '422': '422', '444': '444' };

function layoutOf(frame: DecodedFrame, colors: ContainerColors, width: number, height: number): YuvLayout | undefined {
  const planar = PLANAR.exec(frame.format === 'NV12' ? 'I420' : (frame.format ?? ''));
  const matrix = matrixOf(frame.colorSpace.matrix ?? colors.matrix, width, height);
  if (planar === null || matrix === undefined) return undefined;
  const fullRange = frame.colorSpace.fullRange === true || colors.fullRange === true;
  return { width, height, sampling: SAMPLINGS[planar[1]], bitDepth: Number(planar[2] ?? '8'), matrix, fullRange };
}

/** Largest standard-definition frame; players take what is larger and says nothing for BT.709, the rest for BT.601. */
const SD_WIDTH = 1280;
const SD_HEIGHT = 576;

function matrixOf(name: string | null, width: number, height: number): StoredMatrix | undefined {
  if (name === 'rgb') return undefined;
  if (name === 'bt709') return 'bt709';
  if (name === 'bt2020-ncl') return 'bt2020';
  if (name === 'smpte170m' || name === 'bt470bg') return 'bt601';
  return width >= SD_WIDTH || height > SD_HEIGHT ? 'bt709' : 'bt601';
}

/** NV12's pairs of chroma as two planes. */
function separateChroma(bytes: Uint8Array, { width, height }: YuvLayout): Uint8Array {
  const luma = width * height;
  const chroma = ((width + 1) >> 1) * ((height + 1) >> 1);
  const planar = new Uint8Array(luma + 2 * chroma);
  planar.set(bytes.subarray(0, luma));
  for (let sample = 0; sample < chroma; sample++) {
    planar[luma + sample] = bytes[luma + 2 * sample];
    planar[luma + chroma + sample] = bytes[luma + 2 * sample + 1];
  }
  return planar;
}
