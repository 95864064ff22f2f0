/** Still images in Node: PNG by pngjs, JPEG and WebP by sharp (libvips); and folders of them as clips. */
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { AiprodError } from '../errors';
import { MAX_PIXELS, resolveRange } from './frame-range';
import { mediaKind, type ImageKind } from './media-kind';
import { listFrameFiles } from './output-file';
import { decodePng } from './png-frames';
import type { DecodedImage, VideoReader } from './types';

/**
 * One image as RGBA8 in sRGB, turned as its EXIF orientation says. Of an animated WebP the first frame.
 * @throws bad-input when it is damaged, cut short or too large.
 */
export async function decodeNodeImage(bytes: Uint8Array<ArrayBuffer>, kind: ImageKind, where: string): Promise<DecodedImage> {
  if (kind === 'png') return decodePng(bytes, where);
  const { default: sharp } = await import('sharp');
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'truncated' })
      .autoOrient()
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgba: new Uint8Array(data) };
  } catch (cause) {
    throw new AiprodError(
      'bad-input',
      'The image cannot be read',
      {
        where,
        expected: `a whole ${kind === 'jpeg' ? 'JPEG' : 'WebP'} of at most ${MAX_PIXELS} pixels`,
        found: cause instanceof Error ? cause.message : String(cause),
      },
      { cause },
    );
  }
}

/** Endings of files that count as frames in a folder that our writer did not make. */
const IMAGE_ENDINGS = new Set(['.png', '.jpg', '.jpeg', '.webp']);

/** Frames of a folder: `frame-00000.png` and so on where there are such, else all images in the order of their numbers. */
async function frameFiles(path: string): Promise<string[]> {
  const ours = await listFrameFiles(path);
  if (ours.length > 0) return ours;
  const byNumber = new Intl.Collator('en', { numeric: true });
  const names = (await readdir(path)).filter((name) => IMAGE_ENDINGS.has(extname(name).toLowerCase()));
  return names.toSorted(byNumber.compare).map((name) => join(path, name));
}

/** Opens a folder of images as a clip; one is read at a time. Throws bad-input when there is none or their sizes differ. */
export async function openFrameFiles(path: string): Promise<VideoReader> {
  const files = await frameFiles(path);
  if (files.length === 0) {
    throw new AiprodError('bad-input', 'The folder holds no frames', { where: path, expected: 'frame-00000.png and so on' });
  }
  const read = async (file: string): Promise<DecodedImage> => {
    const bytes = new Uint8Array(await readFile(file));
    const kind = mediaKind(bytes);
    if (kind !== 'png' && kind !== 'jpeg' && kind !== 'webp') {
      throw new AiprodError('bad-input', 'The file is no image', { where: file, expected: 'PNG, JPEG or WebP' });
    }
    return decodeNodeImage(bytes, kind, file);
  };
  const { width, height } = await read(files[0]);
  return {
    width,
    height,
    frameRate: null,
    frameCount: files.length,
    description: `${files.length} images`,
    async *pictures(range = {}) {
      const { start, end } = resolveRange(range, files.length, path);
      for (const file of files.slice(start, end)) {
        const image = await read(file);
        if (image.width !== width || image.height !== height) {
          throw new AiprodError('bad-input', 'The frames differ in size', {
            where: file,
            expected: `${width}x${height}`,
            found: `${image.width}x${image.height}`,
          });
        }
        yield { width, height, planes: null, rgba: () => image.rgba };
      }
    },
    close: async () => undefined,
  };
}
