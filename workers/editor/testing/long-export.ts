import { openVideoWriter } from '../../../src/media/browser';
import { testFrame } from '../../../src/media/testing';
import { startEditor } from '../../browser';
import type { ExportSettings } from '../../index';
import { filmFrames, longSequence, longShape, longSound } from './long-sound';

const { rate, ...size } = longShape;
let editor: ReturnType<typeof startEditor> | undefined;

/** Writes the media of the sequence into the private file system, and opens them in a worker. @param seconds of the sound */
export async function prepareLongExport(seconds: number): Promise<void> {
  const folder = await navigator.storage.getDirectory();
  const handle = async (name: string): Promise<FileSystemFileHandle> => folder.getFileHandle(name, { create: true });
  const film = await handle('film.mp4');
  const writer = await openVideoWriter(film, { ...size, frameRate: rate, format: 'mp4' });
  for (let index = 0; index < filmFrames; index++) await writer.addFrame(testFrame(size.width, size.height, index), index);
  await writer.finish();
  const sound = await handle('sound.mp4');
  const slow = { width: 16, height: 16, frameRate: { numerator: 1, denominator: 1 }, format: 'mp4', encoder: 'wasm' } as const;
  const track = await openVideoWriter(sound, { ...slow, sound: { source: longSound(seconds) } });
  const black = new Uint8Array(16 * 16 * 4);
  for (let second = 0; second < seconds; second++) await track.addFrame(black, second);
  await track.finish();
  editor = startEditor();
  await editor.addMedia('film', await film.getFile());
  await editor.addMedia('sound', await sound.getFile());
}

/** Exports that many seconds, turned to -14 LUFS. @returns bytes of the file */
export async function longExport(seconds: number): Promise<number> {
  const sequence = longSequence(seconds);
  const settings: ExportSettings = {
    ...{ sequence, start: 0, end: seconds * rate.numerator, ...size, rate },
    ...{ format: 'mp4', codec: 'h264', quality: 'medium', audioCodec: 'opus', loudness: -14 },
  };
  const file = await editor?.export('long', settings, { kind: 'download', name: 'long.mp4' }, () => undefined);
  if (editor === undefined || file === undefined) throw new Error('nothing was prepared');
  const bytes = file.size;
  await editor.dropDownload('long');
  return bytes;
}
