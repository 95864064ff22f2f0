import { Command } from 'commander';
import { EncodedPacketSink, FilePathSource, Input, MP4 } from 'mediabunny';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { sampleCount, waveformSource } from '../../audio';
import { exitCodeOf } from '../../errors';
import { openVideoWriter, readRecipeFile, readSound } from '../../media/node';
import { addSync } from './sync';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'aiprod-sync-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const frameRate = { numerator: 24, denominator: 1 };
const [width, height, frames, sampleRate] = [64, 32, 168, 48000];
/** Seconds. */
const late = 0.25;
const moves = [0.5, 0.8, 1.4, 1.9, 2.3, 3.1, 3.4, 4.1, 4.7, 5.2, 5.9, 6.2];

beforeAll(async () => {
  const samples = Float32Array.from({ length: (frames / 24) * sampleRate }, (_, n) => {
    const age = Math.min(...moves.map((time) => n / sampleRate - time - late).filter((seconds) => seconds >= 0));
    return age < 0.1 ? 0.5 * Math.exp(-40 * age) * Math.sin(9000 * age) : 0;
  });
  const sound = { source: waveformSource({ sampleRate, channels: [samples, samples] }) };
  const writer = await openVideoWriter(path('late.mp4'), {
    width,
    height,
    frameRate,
    format: 'mp4',
    encoder: 'wasm',
    recipe: { kept: 'yes' },
    sound,
  });
  for (let frame = 0; frame < frames; frame++) {
    const place = 5 * moves.filter((time) => time <= frame / 24).length;
    const pixels = new Uint8Array(width * height * 4).map((_, k) => ((k >> 2) % width >= place && (k >> 2) % width < place + 6 ? 230 : 20));
    await writer.addFrame(pixels, frame);
  }
  await writer.finish();
});

async function run(...parameters: string[]): Promise<{ stdout: string; exitCode: number }> {
  let stdout = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  const command = new Command('sync').exitOverride().configureOutput({ writeErr: () => undefined });
  addSync(command);
  try {
    await command.parseAsync(parameters, { from: 'user' });
    return { stdout, exitCode: 0 };
  } catch (error) {
    return { stdout, exitCode: exitCodeOf(error) };
  }
}

async function packetsOf(name: string) {
  const input = new Input({ source: new FilePathSource(path(name)), formats: [MP4] });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Error('no video');
  const packets: { time: number; data: Buffer }[] = [];
  for await (const { timestamp, data } of new EncodedPacketSink(track).packets())
    packets.push({ time: timestamp, data: Buffer.from(data) });
  return packets;
}

/** When the first sound is loud, seconds. */
async function firstSound(name: string): Promise<{ seconds: number; length: number }> {
  const sound = await readSound(path(name));
  if (sound === null) throw new Error('no sound');
  return { seconds: sound.channels[0].findIndex((sample) => Math.abs(sample) > 0.1) / sound.sampleRate, length: sampleCount(sound) };
}

describe('aiprod sync', () => {
  it('measures the offset, shifts the sound, and copies picture and recipe', async () => {
    const { stdout, exitCode } = await run(path('late.mp4'), '--out', path('right.mp4'), '--json');
    expect(exitCode).toBe(0);
    const made = z.looseObject({ offsetFrames: z.number(), before: z.number(), after: z.number() }).parse(JSON.parse(stdout));
    expect(Math.abs(made.offsetFrames - 24 * late)).toBeLessThan(1);
    expect(made.after).toBeGreaterThan(0.9);
    expect(made.before).toBeLessThan(0.6);
    expect(await packetsOf('right.mp4')).toEqual(await packetsOf('late.mp4'));
    expect(await readRecipeFile(path('right.mp4'))).toEqual({ kept: 'yes' });
    const { length } = await firstSound('right.mp4');
    expect(length).toBe((frames / 24) * sampleRate);
  });

  it('scores a clip over time, as it is and corrected, and writes nothing', async () => {
    const monitored = z.object({
      offsetFrames: z.number(),
      score: z.number(),
      windows: z.array(z.looseObject({ start: z.number(), end: z.number(), score: z.number().nullable() })),
    });
    const before = readdirSync(folder);
    const scores: number[] = [];
    for (const name of ['late.mp4', 'right.mp4']) {
      const { stdout, exitCode } = await run(path(name), '--json');
      expect(exitCode).toBe(0);
      const { windows, score, offsetFrames } = monitored.parse(JSON.parse(stdout));
      expect(windows).toMatchObject([{ start: 0, end: 7 }]);
      expect(Math.abs(offsetFrames - (name === 'late.mp4' ? 24 * late : 0))).toBeLessThan(1);
      scores.push(score);
    }
    expect(scores[0]).toBeLessThan(0.6);
    expect(scores[1]).toBeGreaterThan(0.9);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('shifts by what is said, to the sample, in place', async () => {
    expect(await run(path('late.mp4'), '--out', path('moved.mp4'), '--offset', '6')).toMatchObject({ exitCode: 0 });
    const [before, after] = [await firstSound('late.mp4'), await firstSound('moved.mp4')];
    // Opus smears what begins by a few samples.
    expect(Math.abs(before.seconds - after.seconds - 0.25)).toBeLessThan(1e-3);
    expect(await run(path('moved.mp4'), '--out', path('moved.mp4'), '--offset', '-6')).toMatchObject({ exitCode: 0 });
    expect(Math.abs((await firstSound('moved.mp4')).seconds - before.seconds)).toBeLessThan(1e-3);
  });

  it('codes the sound as AAC where that is asked for', async () => {
    const { exitCode } = await run(path('late.mp4'), '--out', path('aac.mp4'), '--offset', '6', '--audio-codec', 'aac');
    expect(exitCode).toBe(0);
    const input = new Input({ source: new FilePathSource(path('aac.mp4')), formats: [MP4] });
    expect(await (await input.getPrimaryAudioTrack())?.getCodec()).toBe('aac');
    expect(Math.abs((await firstSound('aac.mp4')).seconds - moves[0])).toBeLessThan(1e-2);
  });

  it.each([
    ['no such clip', [path('none.mp4'), '--out', path('out.mp4')], 2],
    ['an offset without a place for the clip', [path('late.mp4'), '--offset', '1'], 2],
    ['an offset that is no number', [path('late.mp4'), '--out', path('out.mp4'), '--offset', 'x'], 2],
    ['a format without sound', [path('late.mp4'), '--out', path('out.gif'), '--offset', '1'], 2],
    ['a codec of sound that the format does not hold', [path('late.mp4'), '--out', path('out.webm'), '--audio-codec', 'aac'], 2],
    ['a format that does not hold the codec', [path('late.mp4'), '--out', path('out.webm'), '--offset', '1'], 3],
  ])('%s is refused and leaves nothing', async (_, parameters, exitCode) => {
    expect(await run(...parameters)).toMatchObject({ exitCode });
    expect(readdirSync(folder).filter((name) => name.startsWith('out.'))).toEqual([]);
  });
});
