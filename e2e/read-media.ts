/** Files that the page wrote, decoded here. Not by `src/media/node`, whose modules only a bundler can load. */
import { FilePathSource } from 'mediabunny';
import type { Waveform } from '../src/audio';
import type { DecodedVideo } from '../src/media';
import { collectFrames } from '../src/media/frame-range';
import { nodeAudioHost } from '../src/media/node-audio';
import { nodeDecoderHost } from '../src/media/node-decoder';
import { openMedia, type OpenedFile } from '../src/media/open-media';
import { decodePng } from '../src/media/png-frames';
import { readSoundOf } from '../src/media/sound-reader';
import { openNodeFile } from '../src/weights/byte-source-node';

export { decodePng };

const opened = async (path: string): Promise<OpenedFile> => ({
  bytes: await openNodeFile(path),
  container: () => new FilePathSource(path),
});

export async function readFrames(path: string): Promise<DecodedVideo> {
  const reader = await openMedia(await opened(path), {
    decoder: nodeDecoderHost,
    decodeImage: async (bytes, _kind, where) => decodePng(bytes, where),
  });
  try {
    return await collectFrames(reader);
  } finally {
    await reader.close();
  }
}

export const readSound = async (path: string): Promise<Waveform | null> => readSoundOf(await opened(path), nodeAudioHost);
