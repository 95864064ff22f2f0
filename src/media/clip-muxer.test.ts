import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BufferSource, EncodedPacketSink, Input, MP4, WEBM } from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waveformSource } from '../audio';
import { AiprodError } from '../errors';
import { readMp4Comments } from './container-comment';
import { CLIP_COLOR_SPACE, openContainerMuxer } from './container';
import { findFfmpeg } from './ffmpeg';
import type { ClipMuxer, CodedPicture, CodedStretch, MuxedSound, MuxerOptions } from './clip-muxer';
import { MemorySink } from './memory-sink';
import { openMp4Muxer } from './mp4-muxer';
import { openVideoWriter } from './node';
import { nodeAudioHost } from './node-audio';
import { readRecipe } from './read-recipe';
import { openSoundTrack } from './sound-track';
import { TEST_RECIPE, testFrame } from './test-clip';
import type { AudioCodec, ByteSink, FrameRate, VideoCodec } from './types';

const WRITERS = {
  mediabunny: (sink: ByteSink, options: MuxerOptions) => openContainerMuxer(sink, { ...options, format: 'mp4' }),
  'mp4-muxer': openMp4Muxer,
};

interface Pictures {
  readonly width: number;
  readonly height: number;
  readonly config: VideoDecoderConfig;
  readonly pictures: readonly CodedPicture[];
}

interface Sound {
  readonly kind: MuxedSound;
  readonly config: AudioDecoderConfig;
  readonly stretches: readonly CodedStretch[];
}

const RATES: Readonly<Record<string, FrameRate>> = {
  '24': { numerator: 24, denominator: 1 },
  '30000/1001': { numerator: 30_000, denominator: 1001 },
  '25/2': { numerator: 25, denominator: 2 },
};

let folder = '';
const pictures = new Map<VideoCodec, Pictures>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-muxer-'));
  const clip = join(folder, 'clip.mp4');
  const size = { width: 64, height: 48 };
  const writer = await openVideoWriter(clip, { ...size, frameRate: RATES['24'], format: 'mp4', encoder: 'wasm' });
  for (let frame = 0; frame < 12; frame++) await writer.addFrame(testFrame(size.width, size.height, frame), frame);
  await writer.finish();
  const fixture = (name: string): Uint8Array => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
  pictures.set('h264', await picturesOf(readFileSync(clip)));
  pictures.set('vp9', await picturesOf(fixture('vp9.webm')));
  pictures.set('av1', await picturesOf(fixture('av1.mp4')));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function picturesOf(file: Uint8Array): Promise<Pictures> {
  const input = new Input({ source: new BufferSource(file), formats: [MP4, WEBM] });
  const track = await input.getPrimaryVideoTrack();
  const config = await track?.getDecoderConfig();
  if (!track || !config) throw new Error('the fixture holds no video');
  const coded: CodedPicture[] = [];
  for await (const { data, type } of new EncodedPacketSink(track).packets()) coded.push({ data, key: type === 'key', frame: coded.length });
  const size = { width: await track.getCodedWidth(), height: await track.getCodedHeight() };
  return { ...size, config: { ...config, colorSpace: CLIP_COLOR_SPACE }, pictures: coded };
}

const coded = new Map<string, Promise<Sound>>();

function soundOf(codec: AudioCodec, seconds: number): Promise<Sound> {
  const name = `${codec} ${seconds}`;
  const sound = coded.get(name) ?? codeSound(codec, seconds);
  coded.set(name, sound);
  return sound;
}

/** A chord, coded as the studio codes the sound of a clip of so many seconds. */
async function codeSound(codec: AudioCodec, seconds: number): Promise<Sound> {
  const samples = Float32Array.from({ length: Math.round(48_000 * seconds) }, (_, at) => 0.3 * Math.sin(at / 17) + 0.2 * Math.sin(at / 29));
  const track = await openSoundTrack(await nodeAudioHost('test'), {
    source: waveformSource({ sampleRate: 48_000, channels: [samples, samples] }),
    codec,
  });
  const stretches: CodedStretch[] = [];
  let config: AudioDecoderConfig | undefined;
  track.connect(async (stretch, given) => {
    stretches.push(stretch);
    config ??= given;
  });
  await track.finish(seconds);
  if (config === undefined) throw new Error('the sound has no configuration');
  return { kind: track.kind, config, stretches };
}

/** Writes pictures and sound in turns, as they are played. */
async function fill(muxer: ClipMuxer, video: Pictures, sound: Sound | undefined, { numerator, denominator }: FrameRate): Promise<void> {
  const waiting = [...(sound?.stretches ?? [])];
  for (const picture of video.pictures) {
    await muxer.addPicture(picture, picture.frame === 0 ? video.config : undefined);
    const shown = ((picture.frame + 1) * denominator) / numerator;
    while (waiting.length > 0 && sound !== undefined && waiting[0].start / sound.kind.sampleRate < shown) {
      const [stretch] = waiting.splice(0, 1);
      await muxer.addSound(stretch, stretch === sound.stretches[0] ? sound.config : undefined);
    }
  }
  await muxer.finalize();
}

type Writer = keyof typeof WRITERS;
const writers: readonly Writer[] = ['mediabunny', 'mp4-muxer'];
const sounds = [undefined, 'opus', 'aac'] as const satisfies readonly (AudioCodec | undefined)[];

const cases = writers.flatMap((writer) =>
  (['h264', 'vp9', 'av1'] as const).flatMap((codec) =>
    sounds.flatMap((sound) => Object.keys(RATES).map((rate) => ({ writer, codec, sound, rate, title: sound ?? 'no sound' }))),
  ),
);

describe('every writer of clips', () => {
  const written = async (writer: Writer, codec: VideoCodec, audio: AudioCodec | undefined, rate: FrameRate) => {
    const video = pictures.get(codec);
    if (video === undefined) throw new Error('no pictures');
    const seconds = (video.pictures.length * rate.denominator) / rate.numerator;
    const sound = audio === undefined ? undefined : await soundOf(audio, seconds);
    const sink = new MemorySink();
    const { width, height } = video;
    const options: MuxerOptions = { width, height, frameRate: rate, codec, sound: sound?.kind, recipe: TEST_RECIPE };
    await fill(await WRITERS[writer](sink, options), video, sound, rate);
    await sink.close();
    return { bytes: sink.bytes, video, sound, seconds };
  };

  it.each(cases)('$writer: $codec and $title at $rate', async ({ writer, codec, sound: audio, rate: name }) => {
    const rate = RATES[name];
    const { bytes, video, sound, seconds } = await written(writer, codec, audio, rate);
    expect(await readRecipe(bytes)).toEqual(TEST_RECIPE);
    const input = new Input({ source: new BufferSource(bytes), formats: [MP4] });
    const track = await input.getPrimaryVideoTrack();
    if (track === null) throw new Error('no video');
    const packets = [];
    for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
    // In ticks of the file every frame begins on a whole one, so the times are those of the fraction to the last bits of a double.
    packets.forEach(({ timestamp, duration }, frame) => {
      expect(timestamp).toBeCloseTo((frame * rate.denominator) / rate.numerator, 12);
      expect(duration).toBeCloseTo(rate.denominator / rate.numerator, 12);
    });
    expect(packets.map(({ type }) => type)).toEqual(video.pictures.map(({ key }) => (key ? 'key' : 'delta')));
    packets.forEach(({ data }, frame) => expect(Buffer.compare(data, video.pictures[frame].data)).toBe(0));
    expect(await track.computeDuration()).toBeCloseTo(seconds, 12);
    const config = await track.getDecoderConfig();
    expect(config?.codec).toBe(video.config.codec);
    expect(await track.getColorSpace()).toEqual(CLIP_COLOR_SPACE);

    const heard = await input.getPrimaryAudioTrack();
    expect(heard !== null).toBe(sound !== undefined);
    if (heard !== null && sound !== undefined) {
      const { sampleRate } = sound.kind;
      const stretches = [];
      for await (const packet of new EncodedPacketSink(heard).packets()) stretches.push(packet);
      expect(stretches).toHaveLength(sound.stretches.length);
      stretches.forEach(({ timestamp, duration, data }, at) => {
        expect(timestamp * sampleRate).toBeCloseTo(sound.stretches[at].start, 6);
        expect(duration * sampleRate).toBeCloseTo(sound.stretches[at].samples, 6);
        expect(Buffer.compare(data, sound.stretches[at].data)).toBe(0);
      });
      // The sound ends with the pictures, to a sample.
      expect(Math.abs((await heard.computeDuration()) - seconds)).toBeLessThanOrEqual(1 / sampleRate);
      expect(await heard.getSampleRate()).toBe(sampleRate);
      expect(await heard.getNumberOfChannels()).toBe(2);
    }
    input.dispose();
  });

  it('write what ffprobe counts and times alike', async ({ skip }) => {
    if ((await findFfmpeg()) === null) skip();
    for (const codec of ['h264', 'av1'] as const) {
      const probed = [];
      for (const writer of writers) {
        const { bytes } = await written(writer, codec, 'opus', RATES['30000/1001']);
        const path = join(folder, `${writer}.mp4`);
        writeFileSync(path, bytes);
        const entries =
          'stream=codec_name,r_frame_rate,avg_frame_rate,nb_read_frames,start_time,width,height,profile,color_primaries:format_tags=comment';
        const probe = (more: readonly string[]): string =>
          execFileSync('ffprobe', ['-v', 'error', ...more, '-of', 'json', path], { encoding: 'utf8' });
        const times = probe(['-select_streams', 'v', '-show_entries', 'frame=pts_time']);
        probed.push({
          facts: JSON.parse(probe(['-count_frames', '-show_entries', entries])) as unknown,
          times: JSON.parse(times) as unknown,
        });
      }
      expect(probed[1]).toEqual(probed[0]);
      expect(JSON.stringify(probed[0])).toContain(`"nb_read_frames":"${pictures.get(codec)?.pictures.length}"`);
    }
  });
});

describe('mp4-muxer', () => {
  const open = async (options: Partial<MuxerOptions> = {}): Promise<ClipMuxer> =>
    openMp4Muxer(new MemorySink(), { width: 64, height: 48, frameRate: RATES['24'], codec: 'h264', ...options });
  const first = { data: Uint8Array.of(1), key: true, frame: 0 };
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'nothing',
      (error: unknown) => (error instanceof AiprodError ? error.code : error),
    );

  it('refuses what it would write wrongly', async () => {
    const muxer = await open();
    expect(await codeOf(muxer.addPicture({ ...first, frame: 1 }))).toBe('bad-input');
    expect(await codeOf(muxer.addSound({ data: Uint8Array.of(1), start: 0, samples: 960 }))).toBe('bad-usage');
    expect(await codeOf(muxer.finalize())).toBe('bad-input');
    const silent = await open({ sound: { codec: 'opus', sampleRate: 48_000, channels: 1 } });
    expect(await codeOf(silent.addSound({ data: Uint8Array.of(1), start: 5, samples: 960 }))).toBe('bad-input');
    expect(await codeOf(open({ width: 63 }))).toBe('bad-input');
    const colourless = await open({ codec: 'vp9' });
    expect(await codeOf(colourless.addPicture(first, { codec: 'vp09.00.10.08' }))).toBe('bad-input');
    await muxer.cancel();
    expect(await codeOf(muxer.addPicture(first))).toBe('internal');
  });

  it('writes no comment where there is no recipe, and no edit where the sound begins at once', async () => {
    const video = pictures.get('h264');
    if (video === undefined) throw new Error('no pictures');
    const kind: MuxedSound = { codec: 'opus', sampleRate: 48_000, channels: 1 };
    const sound: Sound = { kind, config: { codec: 'opus', sampleRate: 48_000, numberOfChannels: 1 }, stretches: [] };
    const stretches = Array.from({ length: 3 }, (_, at) => ({ data: Uint8Array.of(0xfc, 0xff, 0xfe), start: at * 960, samples: 960 }));
    const sink = new MemorySink();
    const muxer = await openMp4Muxer(sink, { width: 64, height: 48, frameRate: RATES['24'], codec: 'h264', sound: kind });
    await fill(muxer, video, { ...sound, stretches }, RATES['24']);
    await sink.close();
    expect(readMp4Comments(sink.bytes)).toEqual([]);
    const text = Buffer.from(sink.bytes).toString('latin1');
    expect(text.includes('edts')).toBe(false);
    expect(text.includes('udta')).toBe(false);
  });
});
