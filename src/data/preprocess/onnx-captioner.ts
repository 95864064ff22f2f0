import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AiprodError } from '../../errors';
import { openOnnxCaptioner, type OnnxCaptioner } from '../../text';
import { loadOnnxRuntime } from '../../text/node';
import { openNodeFile } from '../../weights/node';
import { keyOf } from '../content-key';
import { contentHash } from './content-hash';
import type { Captioner } from './sample-encoder';

/** Files that decide what is written, by their endings. */
const PARTS = /\.(onnx|onnx_data|json)$/;

/**
 * A captioner in a folder: an image-to-text model in ONNX form, see `openOnnxCaptioner`. It is loaded with the first clip that needs it; its
 * identity is the content of its files.
 * @throws AiprodError 'bad-input' when there is no such folder.
 */
export async function folderCaptioner(folder: string, signal: AbortSignal): Promise<Captioner> {
  const names = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new AiprodError(
      'bad-input',
      'the captioner is not there',
      { where: folder, expected: 'a folder with an image-to-text model in ONNX form', hint: 'Check preprocess.captioner' },
      { cause },
    );
  });
  const parts = names.filter((name) => PARTS.test(name)).sort();
  const hashes: [string, string][] = [];
  for (const name of parts) hashes.push([name, await contentHash(await openNodeFile(join(folder, name)), signal)]);
  let opened: Promise<OnnxCaptioner> | undefined;
  const open = async (): Promise<OnnxCaptioner> =>
    openOnnxCaptioner(
      {
        name: folder,
        readText: async (file) => (await readPart(folder, file))?.toString('utf8'),
        readBytes: (file) => readPart(folder, file),
      },
      await loadOnnxRuntime(),
    );
  return {
    identity: keyOf(hashes),
    async caption(picture, captionSignal) {
      opened ??= open();
      return (await opened).caption(picture, captionSignal);
    },
    async close() {
      // What kept it from opening was told where it was first needed.
      const captioner = await opened?.catch(() => undefined);
      await captioner?.close();
    },
  };
}

/** Undefined where there is no such file. */
async function readPart(folder: string, file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(folder, file));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
