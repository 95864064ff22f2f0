/** What `editor.test.ts` asks of exports that meet trouble, in a page: its devices can be lost and its storage filled. */
import { readFrames } from '../../../src/media/browser';
import { sequenceSchema } from '../../../src/project';
import { startEditor } from '../../browser';
import type { EditorConnection } from '../../index';
import { createEditor } from '../create-editor';
import type { ExportSettings } from '../export-sequence';
import { sequenceOf, writeNumbered } from './editor-checks';

const rate = { numerator: 24, denominator: 1 } as const;
const frames = 12;
const [width, height] = [128, 96];

const openEditor = async <Editor extends Pick<EditorConnection, 'addMedia'>>(editor: Editor): Promise<Editor> => {
  await editor.addMedia('numbered', await writeNumbered({ codec: 'h264', rate, frames }));
  return editor;
};

/** Half seen over white, so that every frame is composed on the GPU. */
function faintSettings(): ExportSettings {
  const whole = {
    rate,
    start: 0,
    duration: frames,
    sourceStart: { numerator: 0, denominator: 1 },
    speed: { numerator: 1, denominator: 1 },
  };
  const sequence = sequenceOf([whole]);
  const faint = sequenceSchema.parse({
    ...{ ...sequence, background: '#ffffff' },
    tracks: sequence.tracks.map((track) => ({ ...track, clips: track.clips.map((clip) => ({ ...clip, opacity: 0.5 })) })),
  });
  return { ...{ sequence: faint, start: 0, end: frames, width, height, rate }, format: 'mp4', codec: 'h264', quality: 'high' };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );

const namesIn = async (folder: FileSystemDirectoryHandle): Promise<string[]> => {
  const names: string[] = [];
  for await (const name of folder.keys()) names.push(name);
  return names.toSorted();
};

/** Folders of downloads, and what lies in them all. */
async function downloads(): Promise<{ folders: string[]; files: string[] }> {
  const all = await (await navigator.storage.getDirectory()).getDirectoryHandle('exports', { create: true });
  const folders = await namesIn(all);
  const files = await Promise.all(folders.map(async (name) => namesIn(await all.getDirectoryHandle(name))));
  return { folders, files: files.flat() };
}

/** An export whose device is lost in the middle, and the same one in peace: how their frames differ, and how many devices there were. */
export async function exportLosingDevice(): Promise<{ devices: number; frames: readonly number[]; largest: number }> {
  const devices: GPUDevice[] = [];
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await request.call(this, descriptor);
    devices.push(device);
    return device;
  };
  try {
    const editor = await openEditor(createEditor());
    const written = async (id: string, lose: boolean): Promise<readonly Uint8Array[]> => {
      const file = await editor.export(id, faintSettings(), { kind: 'download', name: `${id}.mp4` }, ({ frame }) => {
        if (lose && frame === 4) devices.at(-1)?.destroy();
      });
      if (file === undefined) throw new Error('a download gives its file');
      const { frames: read } = await readFrames(file);
      await editor.dropDownload(id);
      return read;
    };
    const lost = await written('lost', true);
    const whole = await written('whole', false);
    const largest = lost.reduce(
      (most, frame, at) => frame.reduce((own, value, k) => Math.max(own, Math.abs(value - whole[at][k])), most),
      0,
    );
    return { devices: devices.length, frames: [lost.length, whole.length], largest };
  } finally {
    GPUAdapter.prototype.requestDevice = request;
  }
}

/** Two downloads of one name, what a worker that is gone left, and frames into a folder that holds some already. */
export async function exportNames() {
  const root = await navigator.storage.getDirectory();
  const gone = await (await root.getDirectoryHandle('exports', { create: true })).getDirectoryHandle('gone', { create: true });
  await gone.getFileHandle('half', { create: true });
  const editor = await openEditor(startEditor());
  const settings = faintSettings();
  const part = (end: number): ExportSettings => ({ ...settings, end });
  const first = await editor.export('first', part(2), { kind: 'download', name: 'walk.mp4' }, () => undefined);
  const second = await editor.export('second', part(4), { kind: 'download', name: 'walk.mp4' }, () => undefined);
  if (first === undefined || second === undefined) throw new Error('a download gives its file');
  const read = [(await readFrames(first)).frames.length, (await readFrames(second)).frames.length];
  const { folders, files } = await downloads();
  for (const id of ['first', 'second']) await editor.dropDownload(id);

  const chosen = await root.getDirectoryHandle('chosen', { create: true });
  const before = await chosen.getDirectoryHandle('Walk', { create: true });
  await before.getFileHandle('frame-00000.png', { create: true });
  const folder = { kind: 'folder', handle: chosen, name: 'walk' } as const;
  const pictures: ExportSettings = { ...part(2), format: 'png' };
  await editor.export('frames', pictures, folder, () => undefined);
  const stopped = await codeOf(editor.export('stopped', { ...settings, format: 'png' }, folder, () => void editor.cancelExport('stopped')));
  const untouched = (await (await before.getFileHandle('frame-00000.png')).getFile()).size;
  const written = await namesIn(await chosen.getDirectoryHandle('walk (2)'));
  editor.close();
  return {
    ...{ read, files, names: [first.name, second.name], types: [first.type, second.type], goneIsLeft: folders.includes('gone') },
    ...{ folders: await namesIn(chosen), written, stopped, untouched },
  };
}

/** Exports for which there is no room, and what they leave; their folder is there before. */
export async function exportWithoutRoom(): Promise<{ codes: string[]; left: string[]; inFolder: string[] }> {
  const chosen = await (await navigator.storage.getDirectory()).getDirectoryHandle('narrow');
  const editor = await openEditor(createEditor());
  const film = editor.export('full', faintSettings(), { kind: 'download', name: 'walk.mp4' }, () => undefined);
  const codes = [await codeOf(film)];
  const pictures = editor.export('frames', { ...faintSettings(), format: 'png' }, { kind: 'folder', handle: chosen }, () => undefined);
  codes.push(await codeOf(pictures));
  return { codes, left: (await downloads()).files, inFolder: await namesIn(chosen) };
}
