import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { monoSamples, resample, sampleCount, signalToNoise, waveformPart, waveformSource, type Waveform } from '../audio';
import { packAudioLatents } from '../diffusion';
import { testAdapter } from '../gpu/testing';
import { encodeWav } from '../media';
import { encodePng, openVideo, openVideoWriter, readRecipeFile, readSound } from '../media/node';
import { testPicture } from '../media/testing';
import { relativeError } from '../models/testing/golden';
import { referenceSound, type ReferenceSound } from '../pipelines/testing/reference-sound';
import { readLatents, writeLatents } from './latents-file';
import { originalUpsamplerFile } from '../pipelines/testing/original-upsampler';
import { runScript, type Ended } from './testing/run-script';

/** Clips with sound, and sound alone, out of an LTX-2 model of random weights, made in processes as a person would. */

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-sound-'));
  const written = await run('tools/tiny-ltx2/write-folder.mjs', 'model');
  expect(written.code, written.stderr).toBe(0);
  writeFileSync(join(folder, 'own.wav'), encodeWav(own));
  await writeOwnClip();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A person's own sound: two tones, louder and softer, a little longer than the clip. */
const own: Waveform = {
  sampleRate: 44_100,
  channels: [440, 660].map((tone) =>
    Float32Array.from({ length: 22_050 }, (_, k) => 0.4 * Math.sin((2 * Math.PI * tone * k) / 44_100) * (1 + Math.sin(k / 3000))),
  ),
};

/** A person's own clip: 9 frames of 64 x 64 and that sound. */
async function writeOwnClip(): Promise<void> {
  const clip = await openVideoWriter(join(folder, 'own.mp4'), {
    ...{ width: 64, height: 64, format: 'mp4', frameRate: { numerator: 24, denominator: 1 } },
    sound: { source: waveformSource(own) },
  });
  for (let frame = 0; frame < 9; frame++) await clip.addFrame(testPicture(64, 64, frame + 1).rgba, frame);
  await clip.finish();
}

const run = (script: string, ...args: string[]): Promise<Ended> =>
  runScript(script, args, { cwd: folder, env: { AIPROD_DEVICE: testAdapter() } });

const generate = (...args: string[]) =>
  run('bin/aiprod.mjs', 'generate', '--model', 'model', '--prompt', 'a ball bounces', '--dtype', 'f32', ...args);
const size = (side: number): string[] => ['--width', String(side), '--height', String(side), '--frames', '9', '--steps', '1'];

/** A clip's size, frames and sound, which last alike. */
async function clipOf(name: string): Promise<{ width: number; height: number; frameCount: number; sound: Waveform }> {
  const video = await openVideo(join(folder, name));
  const { width, height, frameCount, frameRate } = video;
  await video.close();
  if (frameRate === undefined || frameRate === null) throw new Error('the clip has no frame rate');
  const secondsOfFrame = frameRate.denominator / frameRate.numerator;
  const sound = await readSound(join(folder, name));
  if (sound === null) throw new Error('the clip has no sound');
  expect(Math.abs(sampleCount(sound) / sound.sampleRate - frameCount * secondsOfFrame)).toBeLessThan(secondsOfFrame);
  return { width, height, frameCount, sound };
}

/** Cosine of the angle between two sounds, as far as both go. */
function likeness(a: Waveform, b: Waveform): number {
  const [x, y] = [a, b].map((sound) => monoSamples(resample(sound, 48_000)));
  let [product, ofX, ofY] = [0, 0, 0];
  for (let k = 0; k < Math.min(x.length, y.length); k++) {
    product += x[k] * y[k];
    ofX += x[k] ** 2;
    ofY += y[k] ** 2;
  }
  return product / Math.sqrt(ofX * ofY);
}

const reportSchema = z.object({ memory: z.object({ forecastBytes: z.number(), peakBytes: z.number() }) });

describe('aiprod generate with a model of picture and sound', () => {
  it('makes an MP4 whose sound is as long as its frames', async () => {
    const made = await generate('--out', 'clip.mp4', '--save-latents', 'clip.safetensors', ...size(64), '--json');
    expect(made.code, made.stderr).toBe(0);
    // What all its stages took at most is what was told before anything was loaded.
    const { memory } = reportSchema.parse(JSON.parse(made.stdout));
    expect(Math.abs(memory.peakBytes / memory.forecastBytes - 1)).toBeLessThan(0.05);
    expect(await clipOf('clip.mp4')).toMatchObject({ width: 64, height: 64, frameCount: 9 });
  });

  it('makes a clip of twice the size in two stages, with the upsampler of an original file', async () => {
    const fields = { in_channels: 8, mid_channels: 32, num_blocks_per_stage: 1, dims: 3, spatial_scale: 2 } as const;
    const ofSpace = { ...fields, spatial_upsample: true, temporal_upsample: false, rational_resampler: true };
    writeFileSync(join(folder, 'spatial.safetensors'), originalUpsamplerFile(ofSpace));
    const made = await generate('--out', 'large.mp4', '--upsampler', 'spatial.safetensors', ...size(128));
    expect(made.code, made.stderr).toBe(0);
    expect(await clipOf('large.mp4')).toMatchObject({ width: 128, height: 128, frameCount: 9 });
  });

  it('makes a clip for a sound of one’s own, which is heard with it', async () => {
    const made = await generate('--out', 'for-sound.mp4', '--audio', 'own.wav', ...size(64));
    expect(made.code, made.stderr).toBe(0);
    const { sound, frameCount } = await clipOf('for-sound.mp4');
    expect(frameCount).toBe(9);
    expect(likeness(sound, own)).toBeGreaterThan(0.95);
  });

  it('codes an image for the clip as the frames of videos are, and says so', async () => {
    writeFileSync(join(folder, 'first.png'), encodePng(testPicture(90, 61).rgba, 90, 61));
    const made = await generate('--out', 'on-image.mp4', '--image', 'first.png', ...size(64));
    expect(made.code, made.stderr).toBe(0);
    expect(await readRecipeFile(join(folder, 'on-image.mp4'))).toMatchObject({ job: { imageCrf: 33 } });
  });

  it('makes a clip longer before its beginning, and its sound with it, which stays as it is', async () => {
    const made = await generate('--out', 'longer.mp4', '--video', 'own.mp4', '--extend', '8', '--direction', 'backward', '--steps', '1');
    expect(made.code, made.stderr).toBe(0);
    const { sound, frameCount } = await clipOf('longer.mp4');
    expect(frameCount).toBe(17);
    const before = Math.round((8 / 24) * sound.sampleRate);
    const kept = waveformPart(sound, before, sampleCount(sound));
    expect(likeness(kept, own)).toBeGreaterThan(0.95);
  });

  it('makes sound alone, of the length that is asked for', async () => {
    const made = await generate('--out', 'sound.wav', '--seconds', '0.5', '--steps', '2', '--audio-cfg', '2');
    expect(made.code, made.stderr).toBe(0);
    const sound = await readSound(join(folder, 'sound.wav'));
    if (sound === null) throw new Error('there is no sound');
    expect(sound.sampleRate).toBe(24_000);
    expect(sampleCount(sound)).toBe(12_000);
    expect(Math.max(...sound.channels[0].map(Math.abs))).toBeGreaterThan(0);
  });

  it.each([
    ['sound alone in a video file', ['--pipeline', 'text-to-audio', '--out', 'x.mp4'], /WAV/],
    ['a clip in a WAV file', ['--out', 'x.wav'], /no WAV file/],
    ['a file without sound', ['--audio', 'model/model_index.json', '--out', 'x.mp4'], /sound/],
    [
      'a size that two stages cannot make',
      ['--upsampler', 'model', '--width', '96', '--height', '96', '--out', 'x.mp4'],
      /multiples of 64/,
    ],
  ])('refuses %s in words', async (_, args, message) => {
    const ended = await generate('--steps', '1', ...args);
    expect(ended.code, ended.stderr).toBe(2);
    expect(ended.stderr).toMatch(message);
    expect(existsSync(join(folder, args[args.length - 1]))).toBe(false);
  });
});

const aiprod = (...args: string[]) => run('bin/aiprod.mjs', ...args, '--model', 'model', '--dtype', 'f32');

describe('aiprod encode and decode with a model of picture and sound', () => {
  let reference: ReferenceSound;
  beforeAll(async () => {
    reference = await referenceSound();
    await writeLatents(join(folder, 'reference.safetensors'), { audioLatents: reference.latents }, {});
  });

  it('decodes latents to the sound that the reference’s pipeline makes of them', async () => {
    const decoded = await aiprod('decode', 'reference.safetensors', '--out', 'reference.wav', '--json');
    expect(decoded.code, decoded.stderr).toBe(0);
    expect(JSON.parse(decoded.stdout)).toMatchObject({ audioShape: [1, 4, 9, 4], sampleRate: 24_000, samples: 264 });
    const sound = await readSound(join(folder, 'reference.wav'));
    if (sound === null) throw new Error('there is no sound');
    expect(sound.sampleRate).toBe(reference.sound.sampleRate);
    expect(sampleCount(sound)).toBe(sampleCount(reference.sound));
    expect(signalToNoise(reference.sound, sound)).toBeGreaterThan(60);
  });

  it('encodes a sound of another rate, heard on both sides, as its models do on the CPU', async () => {
    const mono: Waveform = { sampleRate: 44_100, channels: [own.channels[0]] };
    writeFileSync(join(folder, 'mono.wav'), encodeWav(mono));
    const encoded = await aiprod('encode', '--audio', 'mono.wav', '--out', 'mono.safetensors', '--json');
    expect(encoded.code, encoded.stderr).toBe(0);
    // Half a second, at 25 latents a second, rounded half to even.
    expect(JSON.parse(encoded.stdout)).toMatchObject({ audioShape: [1, 4, 12, 4] });
    const { audioLatents, latents } = await readLatents(join(folder, 'mono.safetensors'));
    if (audioLatents === undefined) throw new Error('there are no latents');
    expect(latents).toBeUndefined();
    const expected = await reference.encode(waveformPart(mono, 0, 44_100));
    const tokens = packAudioLatents(audioLatents.data, audioLatents.shape);
    expect(relativeError(tokens, expected.data.subarray(0, tokens.length))).toBeLessThan(1e-4);
  });

  it('decodes the latents of a picture and of a sound into one clip, whose sound ends with its frames', async () => {
    const decoded = await aiprod('decode', 'clip.safetensors', 'mono.safetensors', '--out', 'both.mp4', '--json');
    expect(decoded.code, decoded.stderr).toBe(0);
    expect(JSON.parse(decoded.stdout)).toMatchObject({ shape: [1, 8, 2, 2, 2], audioShape: [1, 4, 12, 4] });
    expect(await clipOf('both.mp4')).toMatchObject({ width: 64, height: 64, frameCount: 9 });
  });

  it('refuses in words what there is no sound or picture for', async () => {
    const refusals: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [['encode', '--out', 'x1.safetensors'], /nothing to encode/],
      [['encode', '--audio', 'own.wav', '--width', '64', '--out', 'x2.safetensors'], /--width/],
      [['decode', 'reference.safetensors', '--out', 'x3.mp4'], /\.wav/],
      [['decode', 'reference.safetensors', 'reference.safetensors', '--out', 'x4.wav'], /two files/],
      [['decode', 'reference.safetensors', '--out', 'x5.wav', '--model', 'embedded'], /makes no sound/],
    ];
    const ended = await Promise.all(refusals.map(([args]) => run('bin/aiprod.mjs', args[0], '--model', 'model', ...args.slice(1))));
    for (const [k, [args, message]] of refusals.entries()) {
      expect(ended[k].code, ended[k].stderr).toBe(2);
      expect(ended[k].stderr).toMatch(message);
      expect(existsSync(join(folder, args[args.indexOf('--out') + 1]))).toBe(false);
    }
  });
});
