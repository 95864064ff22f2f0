/** What tests of training runs share. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Waveform } from '../audio';
import { elementCount } from '../graph';
import { openVideo, readSound } from '../media/node';
import { randomNormal } from '../numeric/random';
import { openLora, withLoras } from '../pipelines';
import { bytesOf, writeSafetensors, type TensorToWrite } from '../weights';
import { openNodeFolder } from '../weights/node';
import { makeValidationClips, type ValidationRequest } from './run/validation-clips';

/**
 * Five samples of noise for a model of `tools/tiny-ltx`: latents [C, 2, 2, 2], references half as large, masks that give the last frame, captions
 * of 16 tokens of 32 numbers, 13 of them padding.
 * @param channels of the model's latents
 */
export function writeNoiseSet(path: string, channels = 8): void {
  for (const part of ['latents', 'reference_latents', 'video_masks', 'conditions']) mkdirSync(join(path, part), { recursive: true });
  const noise = (shape: readonly number[], stream: number): TensorToWrite => ({
    dtype: 'F32',
    shape,
    bytes: bytesOf(randomNormal(5, stream, elementCount(shape))),
  });
  const mask: TensorToWrite = {
    dtype: 'F32',
    shape: [16],
    bytes: bytesOf(Float32Array.from({ length: 16 }, (_, token) => (token < 3 ? 1 : 0))),
  };
  const given: TensorToWrite = { dtype: 'F32', shape: [2, 2, 2], bytes: bytesOf(Float32Array.of(0, 0, 0, 0, 1, 1, 1, 1)) };
  for (let k = 0; k < 5; k++) {
    const file = `${k}.safetensors`;
    writeFileSync(join(path, 'latents', file), writeSafetensors(new Map([['latents', noise([channels, 2, 2, 2], k)]])));
    writeFileSync(join(path, 'reference_latents', file), writeSafetensors(new Map([['latents', noise([channels, 2, 1, 1], 50 + k)]])));
    writeFileSync(join(path, 'video_masks', file), writeSafetensors(new Map([['mask', given]])));
    const conditions = new Map([
      ['prompt_embeds', noise([16, 32], 100 + k)],
      ['prompt_mask', mask],
    ]);
    writeFileSync(join(path, 'conditions', file), writeSafetensors(conditions));
  }
}

/**
 * Three samples of noise for a model of `tools/tiny-ltx2`: latents [8, 2, 1, 2], of all but the last a sound [4, 3, 4], captions of 4 tokens, of which the
 * last is padding.
 */
export function writeSoundSet(path: string): void {
  for (const part of ['latents', 'audio_latents', 'conditions']) mkdirSync(join(path, part), { recursive: true });
  const noise = (shape: readonly number[], stream: number): TensorToWrite => ({
    dtype: 'F32',
    shape,
    bytes: bytesOf(randomNormal(7, stream, elementCount(shape))),
  });
  const mask: TensorToWrite = { dtype: 'F32', shape: [4], bytes: bytesOf(Float32Array.of(1, 1, 1, 0)) };
  for (let k = 0; k < 3; k++) {
    const write = (part: string, tensors: Readonly<Record<string, TensorToWrite>>): void =>
      writeFileSync(join(path, part, `${k}.safetensors`), writeSafetensors(new Map(Object.entries(tensors))));
    write('latents', { latents: noise([8, 2, 1, 2], k) });
    if (k < 2) write('audio_latents', { latents: noise([4, 3, 4], 50 + k) });
    write('conditions', { prompt_embeds: noise([4, 24], 100 + k), audio_prompt_embeds: noise([4, 24], 150 + k), prompt_mask: mask });
  }
}

/**
 * Two samples of noise for a model of `tools/tiny-wan` of image to video: latents [4, 2, 4, 4] (32 x 32 pixels, 5 frames), captions of 4 tokens, and first frames
 * as `aiprod preprocess` writes them.
 */
export function writeImageSet(path: string): void {
  const noise = (shape: readonly number[], stream: number): TensorToWrite => ({
    dtype: 'F32',
    shape,
    bytes: bytesOf(randomNormal(8, stream, elementCount(shape))),
  });
  const mask: TensorToWrite = { dtype: 'F32', shape: [4], bytes: bytesOf(Float32Array.of(1, 1, 1, 0)) };
  for (let k = 0; k < 2; k++) {
    const files: Readonly<Record<string, Readonly<Record<string, TensorToWrite>>>> = {
      latents: { latents: noise([4, 2, 4, 4], k) },
      conditions: { prompt_embeds: noise([4, 24], 100 + k), prompt_mask: mask },
      image_conditions: { condition: noise([8, 2, 4, 4], 150 + k), image_embeds: noise([5, 16], 200 + k) },
    };
    for (const [part, tensors] of Object.entries(files)) {
      mkdirSync(join(path, part), { recursive: true });
      writeFileSync(join(path, part, `${k}.safetensors`), writeSafetensors(new Map(Object.entries(tensors))));
    }
  }
}

/** A clip in a file. */
export interface ClipInFile {
  /** RGBA of each frame. */
  readonly frames: readonly Uint8Array[];
  readonly sound: Waveform | null;
}

export async function clipOf(path: string): Promise<ClipInFile> {
  const video = await openVideo(path);
  try {
    const frames: Uint8Array[] = [];
    for await (const picture of video.pictures()) frames.push(picture.rgba());
    return { frames, sound: await readSound(path) };
  } finally {
    await video.close();
  }
}

type ClipRequest = Pick<ValidationRequest, 'model' | 'settings' | 'context'>;

/** The first of a model's validation clips. */
export async function validationClip({ settings, ...request }: ClipRequest): Promise<ClipInFile> {
  const folder = mkdtempSync(join(tmpdir(), 'aiprod-clip-'));
  try {
    const [{ path }] = await makeValidationClips({
      ...request,
      settings: { ...settings, prompts: settings.prompts.slice(0, 1) },
      ...{ dtype: 'auto', folder, generator: 'a test', signal: new AbortController().signal },
    });
    return await clipOf(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same with so much of the LoRA in a file, opened as `aiprod generate --lora` does. */
export async function clipOfLora(path: string, scale: number, { model, ...request }: ClipRequest): Promise<ClipInFile> {
  const opened = await openLora({ tree: await openNodeFolder(dirname(path)), path: basename(path) }, model, path);
  try {
    return await validationClip({ ...request, model: await withLoras(model, [{ opened, scale }]) });
  } finally {
    await opened.close();
  }
}

/** Three pictures of noise, 32 x 32 pixels, as `aiprod preprocess` writes pixels. */
export function writePixelSet(path: string): void {
  mkdirSync(join(path, 'videos'), { recursive: true });
  for (let k = 0; k < 3; k++) {
    const bytes = Uint8Array.from(randomNormal(6, k, 3 * 32 * 32), (value) => Math.min(255, Math.max(0, Math.round(128 + 40 * value))));
    const video: TensorToWrite = { dtype: 'U8', shape: [3, 1, 32, 32], bytes };
    writeFileSync(join(path, 'videos', `${k}.safetensors`), writeSafetensors(new Map([['video', video]])));
  }
}
