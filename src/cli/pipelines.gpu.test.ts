import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testAdapter } from '../gpu/testing';
import { openVideoWriter, readFrames, readRecipeFile } from '../media/node';
import { parseRecipe, type Recipe } from '../pipelines';
import { memorySource, openSafetensors, toFloat32 } from '../weights';
import { runAiprod, type Ended, type RunOptions } from './testing/run-script';

/** Pipelines that are given images and videos, as a person runs them: processes with arguments, streams and exit codes. */

const size = 32;
const sourceFrames = 9;
let folder = '';

const aiprod = (args: readonly string[], onStderr?: RunOptions['onStderr']): Promise<Ended> =>
  runAiprod(args, { cwd: folder, env: { AIPROD_DEVICE: testAdapter() }, onStderr });

const small = ['--prompt', 'a red ball on a white background', '--width', String(size), '--height', String(size), '--steps', '2'];
const generate = (...args: string[]): Promise<Ended> => aiprod(['generate', ...small, '--dtype', 'f32', ...args]);

async function latentsOf(name: string): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const path = join(folder, name);
  const tensor = await (await openSafetensors(memorySource(new Uint8Array(readFileSync(path)), path))).readTensor('latents');
  return { shape: tensor.shape, data: toFloat32(tensor) };
}

/** Latent frames [from, to) of latents [1, C, F, H, W]. */
function latentFrames({ shape, data }: { shape: readonly number[]; data: Float32Array }, from: number, to: number): number[] {
  const [, channels, frames, rows, columns] = shape;
  const plane = rows * columns;
  return Array.from({ length: channels }, (_, channel) => {
    const start = channel * frames * plane;
    return [...data.subarray(start + from * plane, start + to * plane)];
  }).flat();
}

const recipeOf = async (name: string): Promise<Recipe> => parseRecipe(await readRecipeFile(join(folder, name)), name);

/** A red square that goes to the right on white. */
function square(frame: number): Uint8Array {
  const rgba = new Uint8Array(size * size * 4).fill(255);
  for (let y = 12; y < 22; y++) for (let x = 4 + frame; x < 14 + frame; x++) rgba.set([220, 20, 20], (y * size + x) * 4);
  return rgba;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-pipelines-'));
  const writer = await openVideoWriter(join(folder, 'source.png'), {
    width: size,
    height: size,
    frameRate: { numerator: 12, denominator: 1 },
    format: 'png',
  });
  for (let frame = 0; frame < sourceFrames; frame++) await writer.addFrame(square(frame), frame);
  await writer.finish();
  writeFileSync(join(folder, 'notes.png'), 'no picture at all');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('aiprod generate', () => {
  it('begins a clip with an image, keeps its latents, says so in the recipe, and makes it again from that', async () => {
    const latents = ['--save-latents', 'i2v.safetensors'];
    const ended = await generate('--image', 'source.png/frame-00000.png@0', '--frames', '5', '--out', 'i2v.mp4', ...latents);
    expect(ended.code, ended.stderr).toBe(0);
    const recipe = await recipeOf('i2v.mp4');
    expect(recipe.job).toMatchObject({ version: 3, pipeline: 'image-to-video', conditions: [{ frame: 0, strength: 1 }] });
    expect(recipe.inputs?.['source.png/frame-00000.png']).toMatch(/^sha256:/);
    const encoded = await aiprod(['encode', 'source.png/frame-00000.png', '--out', 'image.safetensors', '--dtype', 'f32']);
    expect(encoded.code, encoded.stderr).toBe(0);
    const made = await latentsOf('i2v.safetensors');
    expect(latentFrames(made, 0, 1)).toEqual(latentFrames(await latentsOf('image.safetensors'), 0, 1));
    const again = await aiprod(['generate', '--recipe', 'i2v.mp4', '--out', 'again.gif', '--save-latents', 'again.safetensors']);
    expect(again.code, again.stderr).toBe(0);
    expect([...(await latentsOf('again.safetensors')).data]).toEqual([...made.data]);
  });

  it('retakes a region: latents outside of it stay as the video has them, bit for bit', async () => {
    const ended = await generate('--video', 'source.png', '--region', '5:9', '--out', 'retake.gif', '--save-latents', 'retake.safetensors');
    expect(ended.code, ended.stderr).toBe(0);
    const encoded = await aiprod(['encode', 'source.png', '--out', 'source.safetensors', '--dtype', 'f32']);
    expect(encoded.code, encoded.stderr).toBe(0);
    const [before, after] = [await latentsOf('source.safetensors'), await latentsOf('retake.safetensors')];
    expect(after.shape).toEqual(before.shape);
    expect(latentFrames(after, 0, 2)).toEqual(latentFrames(before, 0, 2));
    expect(latentFrames(after, 2, 3)).not.toEqual(latentFrames(before, 2, 3));
  });

  it.each(['forward', 'backward'])('extends a video %s by as many frames as asked for', async (direction) => {
    const out = `${direction}.png`;
    const ended = await generate(
      '--video',
      'source.png',
      '--fps',
      '12',
      '--extend',
      '4',
      '--direction',
      direction,
      '--overlap',
      '5',
      '--out',
      out,
    );
    expect(ended.code, ended.stderr).toBe(0);
    const { frames } = await readFrames(join(folder, out));
    expect(frames).toHaveLength(sourceFrames + 4);
    // What is not made anew are the video's own pixels.
    const kept = direction === 'forward' ? [0, 0] : [frames.length - 1, sourceFrames - 1];
    expect([...frames[kept[0]]]).toEqual([...square(kept[1])]);
  });

  it('takes any number of images at any frame and strength, and guidance by its shorthands', async () => {
    const images = ['source.png/frame-00000.png@0', 'source.png/frame-00004.png@7:0.5', 'source.png/frame-00008.png@8'];
    const ended = await generate(
      ...images.flatMap((image) => ['--image', image]),
      ...['--frames', '9', '--cfg', '2', '--stg', '1', '--rescale', '0.5', '--solver', 'heun', '--out', 'keyframes.gif'],
    );
    expect(ended.code, ended.stderr).toBe(0);
    expect((await recipeOf('keyframes.gif')).job).toMatchObject({
      pipeline: 'keyframes',
      conditions: [{ frame: 0 }, { frame: 7, strength: 0.5 }, { frame: 8 }],
      guidanceScale: 2,
      stgScale: 1,
      guidanceRescale: 0.5,
      solver: { kind: 'heun' },
    });
  });

  it('makes a video again, as many clips as asked for, with frames beside them', async () => {
    const more = ['--strength', '0.5', '--count', '2', '--save-frames', 'frames'];
    const ended = await generate('--video', 'source.png', '--fps', '12', ...more, '--out', 'anew.gif', '--json');
    expect(ended.code, ended.stderr).toBe(0);
    expect(z.array(z.object({ seed: z.number() })).parse(JSON.parse(ended.stdout))).toEqual([{ seed: 0 }, { seed: 1 }]);
    for (const seed of [0, 1]) expect(readdirSync(join(folder, `frames-${seed}`))).toHaveLength(sourceFrames);
  });

  it('goes on with an interrupted clip of a distilled preset to the same latents, without encoding the image again', async () => {
    const flags = ['--prompt', 'a red ball', '--width', String(size), '--height', String(size), '--frames', '5', '--dtype', 'f32'];
    const args = ['generate', ...flags, '--preset', 'distilled', '--image', 'source.png/frame-00000.png@0', '--progress', 'json'];
    const whole = await aiprod([...args, '--out', 'whole.gif', '--save-latents', 'whole.safetensors']);
    expect(whole.code, whole.stderr).toBe(0);
    let sent = false;
    const stopped = await aiprod([...args, '--out', 'stopped.gif'], (text, interrupt) => {
      if (sent || !text.includes('"step":3,"steps":8')) return;
      sent = true;
      interrupt();
    });
    expect(stopped.code, stopped.stderr).toBe(130);
    const resume = ['generate', '--resume', 'stopped.gif.resume', '--save-latents', 'resumed.safetensors', '--progress', 'json'];
    const resumed = await aiprod(resume);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).not.toContain('encode-condition');
    expect([...(await latentsOf('resumed.safetensors')).data]).toEqual([...(await latentsOf('whole.safetensors')).data]);
    expect(existsSync(join(folder, 'stopped.gif.resume'))).toBe(false);
  });

  const refusals: readonly (readonly [what: string, args: readonly string[], message: RegExp])[] = [
    ['a frame that the clip does not have', ['--image', 'source.png/frame-00000.png@40', '--frames', '9'], /0 to 8/],
    ['a strength above 1', ['--image', 'source.png/frame-00000.png@0:1.5'], /STRENGTH from 0 to 1/],
    ['a picture that is none', ['--image', 'notes.png@0'], /notes\.png/],
    ['a picture that is not there', ['--image', 'absent.png@0'], /absent\.png/],
    ['two stages without an upsampler', ['--pipeline', 'two-stage'], /--upsampler/],
    ['an upsampler that is none', ['--upsampler', 'source.png'], /no latent upsampler/],
    ['a guided distilled model', ['--pipeline', 'distilled', '--cfg', '3', '--steps', '8'], /not guided/],
    ['images in text to video', ['--pipeline', 'text-to-video', '--image', 'source.png/frame-00000.png'], /takes no conditions/],
    ['a region without a video', ['--region', '1:5'], /needs video/],
    ['a pipeline that is none', ['--pipeline', 'text-to-music'], /text-to-video, image-to-video/],
  ];
  it.each(refusals)('refuses %s in words', async (_, args, message) => {
    const before = readdirSync(folder).sort();
    const ended = await generate('--out', 'refused.mp4', ...args);
    expect(ended.code, ended.stderr).toBe(2);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});

describe('aiprod encode and decode', () => {
  it('turn a video into latents of the model and back into frames like it', async () => {
    const encoded = await aiprod(['encode', 'source.png', '--out', 'there.safetensors', '--json']);
    expect(encoded.code, encoded.stderr).toBe(0);
    expect(JSON.parse(encoded.stdout)).toMatchObject({ shape: [1, 48, 3, 2, 2], frames: 9 });
    const decoded = await aiprod(['decode', 'there.safetensors', '--out', 'back.png', '--fps', '12']);
    expect(decoded.code, decoded.stderr).toBe(0);
    const { frames } = await readFrames(join(folder, 'back.png'));
    expect(frames).toHaveLength(sourceFrames);
    const differences = frames.map((frame, k) => {
      const original = square(k);
      return frame.reduce((sum, value, i) => sum + Math.abs(value - original[i]), 0) / frame.length;
    });
    expect(Math.max(...differences)).toBeLessThan(20);
  });

  it.each([
    ['encode', ['source.png', '--out', 'x.safetensors', '--frames', '8'], /--frames 9/],
    ['encode', ['source.png', '--out', 'x.safetensors', '--width', '40'], /--width 48/],
    ['encode', ['notes.png', '--out', 'x.safetensors'], /notes\.png/],
    ['encode', ['source.png', '--out', 'x.bin'], /\.safetensors/],
    ['decode', ['notes.png', '--out', 'x.mp4'], /notes\.png/],
  ] as const)('%s refuses what it cannot use', async (command, args, message) => {
    const ended = await aiprod([command, ...args]);
    expect(ended.code, ended.stderr).toBe(2);
    expect(ended.stderr).toMatch(message);
    expect(existsSync(join(folder, args[2]))).toBe(false);
  });
});
