import { waveformSource, type Waveform } from '../audio';
import { AUDIO_CODECS_OF_FORMAT, type AudioCodec, type FrameRate, type VideoFormat } from '../media';
import { openVideoWriter } from '../media/node';
import type { VideoShape } from '../models';
import type { FrameSink } from './nodes/decode';
import type { Recipe } from './recipe';
import { addChunk } from './tiling';

/** What a file says of the frames in it. */
export interface Clip {
  readonly frameRate: FrameRate;
  readonly recipe?: Recipe;
  /** Of its sound. Default Opus. */
  readonly audioCodec?: AudioCodec;
}

/** Opens a file, or a folder of frames, for a video [1, 3, F, H, W], about -1 to 1, that comes in chunks, and its sound. */
export async function openVideoSink(
  path: string,
  format: VideoFormat,
  [, , , height, width]: VideoShape,
  { audioCodec, ...clip }: Clip,
  waveform?: Waveform,
): Promise<FrameSink> {
  // Frames without a container have no place for sound.
  const sound =
    waveform === undefined || AUDIO_CODECS_OF_FORMAT[format].length === 0
      ? {}
      : { sound: { source: waveformSource(waveform), ...(audioCodec === undefined ? {} : { codec: audioCodec }) } };
  const writer = await openVideoWriter(path, { width, height, format, ...clip, ...sound });
  return {
    add: (chunk) => addChunk(writer, chunk),
    finish: () => writer.finish(),
    abort: () => writer.abort(),
  };
}
