import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { AiprodError } from '../errors';
import type { Video } from '../models';
import type { AudioTensor } from '../pipelines';
import { writeWhole } from '../pipelines/node';
import { bytesOf, memorySource, openSafetensors, toFloat32, writeSafetensors, type SafetensorsFile } from '../weights';

/** What a file of latents holds: of a picture, of a sound, or of both. In the model's units. */
export interface LatentsFile {
  /** [1, C, F, H, W] */
  readonly latents?: Video;
  /** [1, C, T, M] */
  readonly audioLatents?: AudioTensor;
  /** Frames a second, as text, of the clip that was encoded. */
  readonly frameRate?: string;
}

const tensorNames = { latents: 'latents', audioLatents: 'audio_latents' } as const;
const format = 'aiprod-latents-1';

/** @throws AiprodError `bad-usage` for a name that is not one of such a file */
export function requireSafetensors(path: string): void {
  if (extname(path) === '.safetensors') return;
  throw new AiprodError('bad-usage', 'latents are written as safetensors', { expected: 'a file ending in .safetensors', found: path });
}

/** @param facts more to be known of them, by name */
export async function writeLatents(
  path: string,
  { latents, audioLatents, frameRate }: LatentsFile,
  facts: Readonly<Record<string, string>>,
): Promise<void> {
  const tensors = new Map(
    [[tensorNames.latents, latents] as const, [tensorNames.audioLatents, audioLatents] as const].flatMap(([name, tensor]) =>
      tensor === undefined ? [] : [[name, { dtype: 'F32' as const, shape: tensor.shape, bytes: bytesOf(tensor.data) }] as const],
    ),
  );
  const metadata = { format, ...facts, ...(frameRate === undefined ? {} : { frameRate }) };
  await writeWhole(path, writeSafetensors(tensors, metadata));
}

/** @throws AiprodError `bad-input` for a file that holds no latents, `not-finite` for values that are no numbers */
export async function readLatents(path: string): Promise<LatentsFile> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new AiprodError('bad-input', 'the latents cannot be read', { where: path, hint: 'Check the path' }, { cause });
  }
  const file = await openSafetensors(memorySource(bytes, path));
  const picture = await readTensor(file, tensorNames.latents, path, '[1, C, F, H, W]');
  const sound = await readTensor(file, tensorNames.audioLatents, path, '[1, C, T, M]');
  if (picture === undefined && sound === undefined) {
    throw new AiprodError('bad-input', 'the file holds no latents', {
      where: path,
      expected: 'a tensor latents [1, C, F, H, W], audio_latents [1, C, T, M], or both',
      found: [...file.tensors.keys()].slice(0, 4).join(', ') || 'no tensors',
    });
  }
  const frameRate = file.metadata.get('frameRate');
  const [batch = 0, channels = 0, frames = 0, rows = 0, columns = 0] = picture?.shape ?? [];
  const [audioBatch = 0, audioChannels = 0, length = 0, bins = 0] = sound?.shape ?? [];
  return {
    ...(picture === undefined ? {} : { latents: { shape: [batch, channels, frames, rows, columns], data: picture.data } }),
    ...(sound === undefined ? {} : { audioLatents: { shape: [audioBatch, audioChannels, length, bins], data: sound.data } }),
    ...(frameRate === undefined ? {} : { frameRate }),
  };
}

async function readTensor(
  file: SafetensorsFile,
  name: string,
  where: string,
  form: string,
): Promise<{ readonly shape: readonly number[]; readonly data: Float32Array } | undefined> {
  if (!file.tensors.has(name)) return undefined;
  const tensor = await file.readTensor(name);
  if (tensor.shape.length !== form.split(',').length || tensor.shape.includes(0)) {
    throw new AiprodError('bad-input', `the tensor ${name} is of another form`, {
      where,
      expected: form,
      found: `[${tensor.shape.join(', ')}]`,
    });
  }
  const data = toFloat32(tensor);
  if (!data.every(Number.isFinite)) throw new AiprodError('not-finite', 'the latents hold values that are no numbers', { where });
  return { shape: tensor.shape, data };
}
