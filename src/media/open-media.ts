/** One way to open a file of any kind for reading; what differs between Node and the browser is given by a `MediaHost`. */
import type { Source } from 'mediabunny';
import { AiprodError } from '../errors';
import type { ByteSource } from '../weights';
import { openContainer } from './container-reader';
import { FOREIGN_BYTES, foreignFormat } from './foreign-format';
import { openGif } from './gif-reader';
import { KIND_BYTES, mediaKind, type ImageKind } from './media-kind';
import { checkContainer } from './check-container';
import type { DecoderHost } from './packet-decoder';
import type { DecodedImage, VideoReader } from './types';
import { resolveRange } from './frame-range';
import { openY4m } from './y4m-reader';

/** Files that are read whole, images and GIFs, may be this large. */
const MAX_WHOLE_FILE = 1 << 29;

export interface MediaHost {
  /** The video decoder. Throws codec-unavailable where there is none. */
  decoder(where: string): Promise<DecoderHost>;
  /** One still image. Throws bad-input when it is damaged or too large. */
  decodeImage(bytes: Uint8Array<ArrayBuffer>, kind: ImageKind, where: string): Promise<DecodedImage>;
}

/** A file as both readers of containers want it. */
export interface OpenedFile {
  readonly bytes: ByteSource;
  /** The same file for mediabunny. */
  readonly container: () => Source;
}

/**
 * Opens a clip: MP4, MOV, WebM, MKV, GIF, Y4M, or a still image as a clip of one frame. Closing the reader closes the file.
 * @throws bad-input when it is none of these or is damaged; codec-unavailable when nothing here decodes it.
 */
export async function openMedia({ bytes, container }: OpenedFile, host: MediaHost): Promise<VideoReader> {
  try {
    const kind = await kindOf(bytes);
    if (kind === 'y4m') return await openY4m(bytes);
    const reader = kind === 'gif' ? openGif(await readWhole(bytes), bytes.name) : await openOther(kind, bytes, container, host);
    return {
      ...reader,
      close: async () => {
        await reader.close();
        await bytes.close?.();
      },
    };
  } catch (error) {
    await bytes.close?.();
    throw error;
  }
}

async function openOther(kind: ImageKind | 'container', bytes: ByteSource, container: () => Source, host: MediaHost): Promise<VideoReader> {
  if (kind === 'container') {
    await checkContainer(bytes);
    return openContainer(container(), bytes.name, await host.decoder(bytes.name));
  }
  return stillClip(await host.decodeImage(await readWhole(bytes), kind, bytes.name), bytes.name);
}

/** One still image. Closes the file. */
export async function readStill(bytes: ByteSource, host: MediaHost): Promise<DecodedImage> {
  try {
    const kind = await kindOf(bytes);
    if (kind === 'png' || kind === 'jpeg' || kind === 'webp') return await host.decodeImage(await readWhole(bytes), kind, bytes.name);
    throw new AiprodError('bad-input', 'The file is no image', { where: bytes.name, expected: 'PNG, JPEG or WebP', found: kind });
  } finally {
    await bytes.close?.();
  }
}

async function kindOf(bytes: ByteSource): Promise<NonNullable<ReturnType<typeof mediaKind>>> {
  const kind = mediaKind(await bytes.read(0, Math.min(KIND_BYTES, bytes.size)));
  if (kind !== undefined) return kind;
  const foreign = foreignFormat(await bytes.read(0, Math.min(FOREIGN_BYTES, bytes.size)));
  throw new AiprodError('bad-input', 'The file is of no kind that is read here', {
    where: bytes.name,
    expected: 'MP4, MOV, WebM, MKV, GIF, Y4M, PNG, JPEG or WebP',
    found: bytes.size === 0 ? 'an empty file' : (foreign ?? 'another beginning'),
    ...(foreign === undefined ? {} : { hint: 'Convert it to MP4 (H.264) beforehand' }),
  });
}

async function readWhole(bytes: ByteSource): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.size > MAX_WHOLE_FILE) {
    throw new AiprodError('bad-input', 'The file is too large for an image', {
      where: bytes.name,
      expected: `at most ${MAX_WHOLE_FILE} bytes`,
      found: String(bytes.size),
    });
  }
  return bytes.read(0, bytes.size);
}

/** An image as a clip. */
function stillClip({ width, height, rgba }: DecodedImage, where: string): VideoReader {
  return {
    width,
    height,
    frameRate: null,
    frameCount: 1,
    description: 'a still image',
    async *pictures(range = {}) {
      resolveRange(range, 1, where);
      yield { width, height, planes: null, rgba: () => rgba.slice() };
    },
    close: async () => undefined,
  };
}
