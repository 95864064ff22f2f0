/**
 * Video decoding in Node by npm `@napi-rs/webcodecs` (FFmpeg's decoders behind the WebCodecs interface): H.264, HEVC, VP8,
 * VP9 and AV1 in software, bit for bit what FFmpeg decodes. An optional dependency: its binaries exist for Linux, macOS and
 * Windows on x64 and arm64.
 */
import type * as WebCodecs from '@napi-rs/webcodecs';
import { AiprodError } from '../errors';
import type { DecodedFrame, DecoderHost } from './packet-decoder';

let loading: Promise<typeof WebCodecs> | undefined;

/**
 * The library, loaded when it is first needed.
 * @param lacks what nothing here does without it, as a part of a sentence
 * @throws codec-unavailable when the library is not installed or does not load here.
 */
export async function loadWebCodecs(where: string, lacks: string, hint: string): Promise<typeof WebCodecs> {
  loading ??= import('@napi-rs/webcodecs');
  try {
    return await loading;
  } catch (cause) {
    throw new AiprodError(
      'codec-unavailable',
      `Nothing here ${lacks}`,
      {
        where,
        expected: 'the optional package @napi-rs/webcodecs',
        found: cause instanceof Error ? cause.message : String(cause),
        hint,
      },
      { cause },
    );
  }
}

/** @throws codec-unavailable when the library is not installed or does not load here. */
export async function nodeDecoderHost(where: string): Promise<DecoderHost> {
  const hint = 'Run npm install without --omit=optional, or give .gif, .y4m or a folder of PNG frames';
  return hostOf(await loadWebCodecs(where, 'decodes compressed video', hint));
}

function hostOf({ VideoDecoder, EncodedVideoChunk }: typeof WebCodecs): DecoderHost {
  return {
    name: '@napi-rs/webcodecs',
    supports: async (config) => {
      try {
        return (await VideoDecoder.isConfigSupported(configOf(config))).supported;
      } catch {
        // The library throws for a codec string that it does not know.
        return false;
      }
    },
    open(config, given) {
      const events = untilClosed(given);
      const decoder = new VideoDecoder({
        output: (frame) => {
          const { current } = events;
          if (current === undefined) frame.close();
          else current.output(decodedFrame(frame));
        },
        error: (cause) => events.current?.error(cause),
      });
      decoder.configure(configOf(config));
      decoder.ondequeue = () => events.current?.dequeue();
      // The library's callbacks do not keep Node running: without this it would end while a frame is being decoded.
      const alive = setInterval(() => events.current?.dequeue(), 1000);
      return {
        decode: ({ type, microsecondTimestamp, data }) =>
          decoder.decode(new EncodedVideoChunk({ type, timestamp: microsecondTimestamp, data })),
        flush: () => decoder.flush(),
        get queueSize() {
          return decoder.decodeQueueSize;
        },
        close: () => {
          clearInterval(alive);
          events.current = undefined;
          if (decoder.state !== 'closed') decoder.close();
        },
      };
    },
  };
}

/** The library holds a coder's callbacks for ever (1.3.1): what they call, with all that it holds, must be let go when the coder is closed. */
export interface UntilClosed<Events> {
  current: Events | undefined;
}

export const untilClosed = <Events>(current: Events): UntilClosed<Events> => ({ current });

const decodedFrame = (frame: WebCodecs.VideoFrame): DecodedFrame => ({
  format: frame.format,
  codedWidth: frame.codedWidth,
  codedHeight: frame.codedHeight,
  visibleRect: frame.visibleRect,
  colorSpace: { matrix: frame.colorSpace.matrix, fullRange: frame.colorSpace.fullRange },
  allocationSize: (form) => frame.allocationSize(form === 'RGBA' ? { format: 'RGBA' } : {}),
  copyTo: (destination, form) => frame.copyTo(destination, form === 'RGBA' ? { format: 'RGBA' } : {}),
  close: () => frame.close(),
});

/** Software on every machine: the same samples everywhere. */
function configOf({ codec, codedWidth, codedHeight, description }: VideoDecoderConfig): WebCodecs.VideoDecoderConfig {
  return {
    codec,
    ...(codedWidth === undefined ? {} : { codedWidth }),
    ...(codedHeight === undefined ? {} : { codedHeight }),
    ...(description === undefined ? {} : { description: descriptionBytes(description) }),
    hardwareAcceleration: 'prefer-software',
  };
}

/** What a container says of its codec, as bytes. */
export function descriptionBytes(description: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(description)
    ? new Uint8Array(description.buffer, description.byteOffset, description.byteLength)
    : new Uint8Array(description);
}
