import { z } from 'zod';
import type { Waveform } from '../../audio';
import { AiprodError } from '../../errors';
import { fitFrames, fitImage, MAX_CRF, type DecodedImage, type FrameRate, type VideoReader } from '../../media';
import { cropVideo, joinVideos, type Video } from '../../models';
import { nodeKind, type NodeKind } from '../dag';

/** What is known of an image or video before it is used. */
export interface MediaFacts {
  readonly width: number;
  readonly height: number;
  /** 1 for an image. */
  readonly frames: number;
  /** null where the file does not say. */
  readonly frameRate: FrameRate | null;
  /** Hash of the file's content. */
  readonly fingerprint: string;
  /** Its sound, null where it has none; absent where nobody asked. */
  readonly sound?: { readonly sampleRate: number; readonly seconds: number } | null;
}

/** Where images and videos come from. */
export interface MediaLibrary {
  /** @throws AiprodError `bad-input` for what is no image or video */
  facts(file: string): Promise<MediaFacts>;
  /** What is known of a file of which only the sound is used. */
  soundFacts?(file: string): Promise<MediaFacts>;
  /** The sound of a file; null where it has none. */
  sound?(file: string): Promise<Waveform | null>;
  /** Opens a file for reading; an image is a clip of one frame. */
  open(file: string): Promise<VideoReader>;
  /** An image as it looks after a video codec, at a constant rate factor. Absent where no images are taken. */
  compressImage?(image: DecodedImage, crf: number): Promise<DecodedImage>;
}

const settings = z.strictObject({
  file: z.string(),
  /** See MediaFacts: the same name may hold another picture tomorrow. */
  fingerprint: z.string(),
  start: z.int().min(0),
  count: z.int().positive(),
  /** How often the first frame is repeated before itself. */
  lead: z.int().min(0),
  /** How often the last frame is repeated after itself. */
  tail: z.int().min(0),
  width: z.int().positive(),
  height: z.int().positive(),
  /** How the picture is fitted to the size; see fitFrames. Default crop by lanczos. */
  fit: z.enum(['crop', 'shortest-side']).optional(),
  filter: z.enum(['lanczos', 'bicubic']).optional(),
  /** An image is coded at this constant rate factor first; see Job.imageCrf. Default 0: it stays as it is. */
  crf: z.int().min(1).max(MAX_CRF).optional(),
});
export type MediaRange = z.output<typeof settings>;

/** Frames of an image or video, scaled and cut to cover the size: `video` [1, 3, F, H, W], -1 to 1. */
export function loadMediaKind(media: MediaLibrary | undefined): NodeKind {
  return nodeKind({
    name: 'load-media',
    version: 1,
    outputs: ['video'],
    keep: 'never',
    settings,
    async run(_, { settings: { file, start, count, lead, tail, width, height, fit, filter, crf }, signal }) {
      if (media === undefined) throw new AiprodError('internal', 'there is no place to load media from');
      const reader = await media.open(file);
      try {
        if (signal.aborted) throw new AiprodError('cancelled', 'the run was cancelled');
        const size = { width, height, fit, filter };
        const { data } =
          crf === undefined
            ? await fitFrames(reader, { ...size, frames: { start, end: start + count } })
            : await fitImage(await codedImage(media, reader, crf), size);
        const video: Video = { shape: [1, 3, count, height, width], data };
        const first = cropVideo(video, { frames: [0, 1] });
        const last = cropVideo(video, { frames: [count - 1, count] });
        return { video: joinVideos([...repeated(first, lead), video, ...repeated(last, tail)], 2) };
      } finally {
        await reader.close();
      }
    },
  });
}

/** The first frame of a file, of the size that it has there, after a codec: the reference codes an image before it is scaled. */
async function codedImage({ compressImage }: MediaLibrary, reader: VideoReader, crf: number): Promise<DecodedImage> {
  if (compressImage === undefined) throw new AiprodError('internal', 'there is nothing to code images with');
  for await (const picture of reader.pictures({ start: 0, end: 1 })) {
    return compressImage({ width: picture.width, height: picture.height, rgba: picture.rgba() }, crf);
  }
  throw new AiprodError('internal', 'an image has no frame');
}

function repeated(frame: Video, times: number): Video[] {
  return Array.from({ length: times }, () => frame);
}
