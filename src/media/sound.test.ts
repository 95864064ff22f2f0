import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacket,
  FilePathSource,
  FlacOutputFormat,
  Input,
  Mp3OutputFormat,
  MP4,
  Mp4OutputFormat,
  OggOutputFormat,
  Output,
  WEBM,
  WebMOutputFormat,
  type OutputFormat,
} from 'mediabunny';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { resample, signalToNoise, waveformPart, waveformSource, type Waveform } from '../audio';
import { encodeWav, type AudioCodec, type VideoFormat } from '.';
import { availableFormats, openSound, openVideoWriter, readSound } from './node';
import { nodeAudioHost } from './node-audio';
import { testFrame } from './test-clip';

vi.setConfig({ testTimeout: 60_000 });

const folder = mkdtempSync(join(tmpdir(), 'aiprod-sound-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);

/** A chord whose parts begin one after another, so that a shift in time is seen. */
function chord(sampleRate: number, seconds: number, channels = 2): Waveform {
  const at = (time: number, channel: number): number =>
    [330, 554, 1108].reduce((sum, frequency, part) => {
      const age = time - 0.17 * part - 0.05;
      return age < 0 ? sum : sum + 0.25 * Math.exp(-3 * age) * Math.sin(2 * Math.PI * frequency * (1 + channel) * age);
    }, 0);
  return {
    sampleRate,
    channels: Array.from({ length: channels }, (_, channel) =>
      Float32Array.from({ length: Math.round(sampleRate * seconds) }, (_sample, sample) => at(sample / sampleRate, channel)),
    ),
  };
}

const WIDTH = 64;
const HEIGHT = 48;

async function writeClip(
  name: string,
  format: VideoFormat,
  frames: number,
  frameRate: readonly [number, number],
  waveform: Waveform,
  codec?: AudioCodec,
) {
  const [numerator, denominator] = frameRate;
  const sound = { source: waveformSource(waveform), ...(codec === undefined ? {} : { codec }) };
  const size = { width: WIDTH, height: HEIGHT };
  const writer = await openVideoWriter(path(name), { ...size, frameRate: { numerator, denominator }, format, sound, encoder: 'auto' });
  for (let index = 0; index < frames; index++) await writer.addFrame(testFrame(WIDTH, HEIGHT, index), index);
  await writer.finish();
  return (frames * denominator) / numerator;
}

/** Lag in samples, positive when `sound` comes later. */
function lag(reference: Float32Array, sound: Float32Array, most: number): number {
  let best = 0;
  let largest = -Infinity;
  for (let shift = -most; shift <= most; shift++) {
    let sum = 0;
    for (let at = most; at < Math.min(reference.length, sound.length) - most; at++) sum += reference[at] * sound[at + shift];
    if (sum > largest) [largest, best] = [sum, shift];
  }
  return best;
}

async function tracksOf(name: string) {
  const input = new Input({ source: new FilePathSource(path(name)), formats: [MP4, WEBM] });
  const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
  if (video === null || audio === null) throw new Error('a track is missing');
  return {
    codec: await audio.getCodec(),
    videoSeconds: await video.computeDuration(),
    audioSeconds: await audio.computeDuration(),
    audioStart: await audio.getFirstTimestamp(),
  };
}

const RATES = [
  [24, 1],
  [30000, 1001],
  [8, 1],
] as const;

describe.each([
  ['opus', 'clip.mp4'],
  ['aac', 'clip-aac.mp4'],
] as const)('%s in MP4', (codec, name) => {
  it.each(RATES)('lasts as long as the frames at %i/%i, at the right moment', async (...rate) => {
    for (const [sampleRate, channels, seconds] of [
      [24000, 2, 1.2],
      [48000, 1, 0.7],
      [44100, 2, 3],
    ] as const) {
      const sound = chord(sampleRate, seconds, channels);
      const length = await writeClip(name, 'mp4', 31, rate, sound, codec);
      const tracks = await tracksOf(name);
      expect(tracks.codec).toBe(codec);
      expect(Math.abs(tracks.videoSeconds - length)).toBeLessThan(1e-9);
      expect(Math.abs(tracks.audioSeconds - length)).toBeLessThan(1 / 44100);
      const back = await readSound(path(name));
      if (back === null) throw new Error('the file has no sound');
      expect(back.channels.length).toBe(channels);
      expect(Math.abs(back.channels[0].length - length * back.sampleRate)).toBeLessThanOrEqual(1);
      const wanted = resample(sound, back.sampleRate);
      expect(lag(wanted.channels[0], back.channels[0], 100)).toBe(0);
      expect(signalToNoise(wanted, back)).toBeGreaterThan(12);
      // Past its end the sound is silence.
      const rest = back.channels[0].subarray(Math.round((seconds + 0.1) * back.sampleRate));
      expect(rest.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(0.01);
    }
  });
});

it('a longer clip has all its sound, to the sample', async () => {
  // Written as fast as it goes, more packets than the library keeps for a loop that does not turn.
  await writeClip('long.mp4', 'mp4', 8 * 25, [8, 1], chord(48000, 25));
  const sound = await readSound(path('long.mp4'));
  expect(sound?.channels[0].length).toBe(25 * 48000);
});

it('WebM lasts as long as its frames', async (context) => {
  const report = (await availableFormats()).find(({ format }) => format === 'webm');
  if (report?.available !== true) context.skip('needs an ffmpeg that encodes VP9');
  const sound = chord(48000, 2);
  const length = await writeClip('clip.webm', 'webm', 31, [24, 1], sound);
  const back = await readSound(path('clip.webm'));
  if (back === null) throw new Error('the file has no sound');
  expect(Math.abs(back.channels[0].length / back.sampleRate - length)).toBeLessThan(1 / 24);
  expect(lag(sound.channels[0], back.channels[0], 100)).toBe(0);
});

it('a system ffmpeg hears the same', async (context) => {
  if (spawnSync('ffprobe', ['-version']).error !== undefined) context.skip('needs ffprobe and ffmpeg on the PATH');
  const length = await writeClip('probed.mp4', 'mp4', 31, [24, 1], chord(48000, 2));
  const probe = execFileSync('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'stream=codec_type,duration',
    '-of',
    'csv=p=0',
    path('probed.mp4'),
  ]);
  for (const line of probe.toString().trim().split('\n')) expect(Math.abs(Number(line.split(',')[1]) - length)).toBeLessThan(1 / 24);
  const decoded = execFileSync('ffmpeg', ['-v', 'error', '-i', path('probed.mp4'), '-f', 'f32le', '-ac', '1', '-ar', '48000', 'pipe:1']);
  expect(Math.abs(decoded.length / 4 / 48000 - length)).toBeLessThan(1 / 24);
});

it('WAV gives every sample back', async () => {
  const sound = chord(22050, 0.3, 2);
  const bytes = encodeWav(sound);
  const back = await readSound(new Blob([bytes]));
  expect(back).toEqual(sound);
  writeFileSync(path('sound.wav'), bytes);
  expect(await readSound(path('sound.wav'))).toEqual(sound);
});

/** A sound that never repeats, coded by this machine's encoder into a file of a kind. */
async function codedFile(format: OutputFormat, name: 'opus' | 'aac' | 'flac' | 'mp3', seconds: number): Promise<Blob> {
  const sampleRate = 48_000;
  const codec = name === 'aac' ? 'mp4a.40.2' : name;
  const samples = (channel: number) =>
    Float32Array.from({ length: seconds * sampleRate }, (_, at) => {
      const time = at / sampleRate;
      // It fades at the end: where AAC hears an edge it stores noise as its power alone, which each decoder makes up.
      const level = 0.3 * Math.min(1, seconds - time) * (1 + Math.sin((5 + channel) * time));
      return level * Math.sin(2 * Math.PI * (200 + 60 * channel + 90 * time) * time);
    });
  const host = await nodeAudioHost('a test');
  const packets: { data: Uint8Array; config?: AudioDecoderConfig }[] = [];
  const failures: unknown[] = [];
  const encoder = host.openEncoder(
    { codec, sampleRate, numberOfChannels: 2, bitrate: 128_000 },
    { output: (packet) => packets.push(packet), error: (cause) => failures.push(cause) },
  );
  encoder.push({ sampleRate, channels: [samples(0), samples(1)] });
  await encoder.flush();
  encoder.close();
  expect(failures).toEqual([]);
  const output = new Output({ format, target: new BufferTarget() });
  const source = new EncodedAudioPacketSource(name);
  output.addAudioTrack(source);
  await output.start();
  const length = { opus: 960, aac: 1024, flac: 4096, mp3: 1152 }[name] / sampleRate;
  for (const [at, { data, config }] of packets.filter(({ data: { length: bytes } }) => bytes > 0).entries()) {
    const decoderConfig = config ?? { codec, sampleRate, numberOfChannels: 2 };
    await source.add(new EncodedPacket(data, 'key', at * length, length), { decoderConfig });
  }
  await output.finalize();
  return new Blob([output.target.buffer ?? new ArrayBuffer(0)]);
}

describe('a sound that is decoded as it is read', () => {
  const largestDifference = (a: Float32Array, b: Float32Array): number =>
    a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at])), 0);

  it.each([
    ['opus in MP4', () => codedFile(new Mp4OutputFormat(), 'opus', 13), 1e-4],
    ['opus in WebM', () => codedFile(new WebMOutputFormat(), 'opus', 13), 1e-4],
    ['opus in Ogg', () => codedFile(new OggOutputFormat(), 'opus', 13), 1e-4],
    ['AAC', () => codedFile(new Mp4OutputFormat(), 'aac', 13), 1e-4],
    ['FLAC', () => codedFile(new FlacOutputFormat(), 'flac', 13), 0],
    ['MP3', () => codedFile(new Mp3OutputFormat(), 'mp3', 13), 1e-4],
    ['WAV', async () => new Blob([encodeWav(chord(44_100, 13))]), 0],
  ] as const)('%s is that of the whole, onwards to the bit', async (_, makeFile, tolerance) => {
    const file = await makeFile();
    const [whole, sound] = [await readSound(file), await openSound(file)];
    if (whole === null || sound === null) throw new Error('the file has no sound');
    const { sampleRate } = sound;
    const length = whole.channels[0].length;
    expect([sampleRate, sound.channels]).toEqual([whole.sampleRate, whole.channels.length]);
    expect(Math.abs(length - 13 * sampleRate)).toBeLessThan(0.1 * sampleRate);
    // A file may say that it lasts a little longer than what is in it.
    expect(sound.length - length).toBeGreaterThanOrEqual(-1);
    expect(sound.length - length).toBeLessThan(0.12 * sampleRate);
    const compare = async (start: number, end: number): Promise<number> => {
      const part = await sound.read(start, end);
      const wanted = waveformPart(whole, start, end);
      return Math.max(...part.channels.map((samples, k) => largestDifference(samples, wanted.channels[k])));
    };
    // Onwards in uneven stretches that lie a little over each other.
    let onwards = 0;
    for (let at = -700; at < length + 700; at += 41_003) onwards = Math.max(onwards, await compare(at, at + 41_200));
    expect(onwards).toBe(0);
    // From place to place, and backwards.
    let jumped = 0;
    for (const second of [11.01, 1.3, 7.345, 6.5, 12.4]) {
      const start = Math.round(second * sampleRate);
      jumped = Math.max(jumped, await compare(start, start + sampleRate));
    }
    expect(jumped).toBeLessThanOrEqual(tolerance);
    await sound.close();
    await expect(sound.read(0, 1)).rejects.toThrow('closed');
  });
});

// Half a second at 24 kHz by libsndfile 1.2: 440 Hz left, 880 Hz right, 0.3 exp(-4 t).
it.each([
  ['flac.flac', 80],
  ['opus.ogg', 15],
  ['mp3.mp3', 8],
] as const)('reads %s of another maker', async (name, least) => {
  const back = await readSound(`${import.meta.dirname}/fixtures/${name}`);
  if (back === null) throw new Error('the file has no sound');
  const wanted: Waveform = {
    sampleRate: 24000,
    channels: [440, 880].map((frequency) =>
      Float32Array.from({ length: 12000 }, (_, at) => 0.3 * Math.exp((-4 * at) / 24000) * Math.sin((2 * Math.PI * frequency * at) / 24000)),
    ),
  };
  const sound = resample(back, 24000);
  // MP3 keeps what LAME puts before the sound: 576 samples, and 529 of the decoder.
  const late = name === 'mp3.mp3' ? 576 + 529 : 0;
  if (late === 0) expect(sound.channels[0].length).toBe(12000);
  const aligned = { ...sound, channels: sound.channels.map((samples) => samples.subarray(late)) };
  expect(signalToNoise(wanted, aligned)).toBeGreaterThan(least);
});

it('Vorbis is refused by its name', async () => {
  await expect(readSound(`${import.meta.dirname}/fixtures/vorbis.ogg`)).rejects.toMatchObject({ code: 'codec-unavailable' });
});

it('refuses what cannot be, before a frame is made', async () => {
  const base = { width: WIDTH, height: HEIGHT, frameRate: { numerator: 24, denominator: 1 } };
  const open = (format: VideoFormat, channels: number, codec?: AudioCodec) =>
    openVideoWriter(path(`refused.${format}`), {
      ...base,
      format,
      sound: { source: waveformSource(chord(8000, 0.1, channels)), ...(codec === undefined ? {} : { codec }) },
    });
  await expect(open('gif', 2)).rejects.toMatchObject({ code: 'bad-usage' });
  await expect(open('webm', 2, 'aac')).rejects.toMatchObject({ code: 'bad-usage' });
  await expect(open('mp4', 3)).rejects.toMatchObject({ code: 'bad-input' });
  await expect(readSound(new Blob(['no sound at all, only words']))).rejects.toMatchObject({ code: 'bad-input' });
});

it('a clip without sound has none; a damaged file is refused', async () => {
  const frameRate = { numerator: 24, denominator: 1 };
  const writer = await openVideoWriter(path('silent.mp4'), { width: WIDTH, height: HEIGHT, frameRate, format: 'mp4' });
  await writer.addFrame(testFrame(WIDTH, HEIGHT, 0), 0);
  await writer.finish();
  expect(await readSound(path('silent.mp4'))).toBeNull();
});
