/** A system `ffmpeg`, where there is one: encoders of higher quality. The product never needs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { FilePathSource } from 'mediabunny';
import { AiprodError } from '../errors';
import { remux, type ClipOptions } from './container';
import { formatFrameRate } from './frame-rate';
import type { ByteSink, FrameEncoder, Quality, VideoCodec } from './types';
import { rgbaToYuv } from './yuv';

/** ffmpeg's encoders for a codec in order of preference; only those with a constant quality are used. */
const ENCODERS: Readonly<Record<VideoCodec, readonly string[]>> = {
  h264: ['libx264'],
  vp9: ['libvpx-vp9'],
  av1: ['libsvtav1', 'libaom-av1'],
};

/** Constant rate factor of each encoder's own scale (lower is better). */
const RATE_FACTORS: Readonly<Record<VideoCodec, Readonly<Record<Quality, number>>>> = {
  h264: { low: 30, medium: 24, high: 18, 'very-high': 12 },
  vp9: { low: 42, medium: 34, high: 26, 'very-high': 18 },
  av1: { low: 45, medium: 36, high: 28, 'very-high': 20 },
};

/** Arguments that an encoder needs beside its rate factor. */
const ENCODER_ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  libx264: ['-preset', 'medium'],
  'libvpx-vp9': ['-b:v', '0', '-row-mt', '1', '-cpu-used', '2'],
  libsvtav1: ['-preset', '8'],
  'libaom-av1': ['-b:v', '0', '-cpu-used', '6', '-row-mt', '1'],
};

/** What was found: the version line's word, and the encoder for each codec that works. */
export interface Ffmpeg {
  readonly version: string;
  readonly encoders: Partial<Record<VideoCodec, string>>;
}

let found: Promise<Ffmpeg | null> | undefined;

/** The `ffmpeg` of the PATH, asked once a process; null when there is none. */
export function findFfmpeg(): Promise<Ffmpeg | null> {
  found ??= askFfmpeg();
  return found;
}

async function askFfmpeg(): Promise<Ffmpeg | null> {
  let banner: string;
  let list: string;
  try {
    banner = (await runFfmpeg(['-version'])).toString('utf8');
    list = (await runFfmpeg(['-hide_banner', '-encoders'])).toString('utf8');
  } catch {
    // Not there, or there and broken: either way the other encoders do the work.
    return null;
  }
  const names = new Set(Array.from(list.matchAll(/^ V\S{5} (\S+)/gm), (line) => line[1]));
  const encoders: Partial<Record<VideoCodec, string>> = {};
  for (const codec of ['h264', 'vp9', 'av1'] as const) {
    const name = ENCODERS[codec].find((candidate) => names.has(candidate));
    if (name !== undefined) encoders[codec] = name;
  }
  return { version: /^ffmpeg version (\S+)/.exec(banner)?.[1] ?? 'unknown', encoders };
}

/** Runs ffmpeg without input and returns what it writes to stdout. Throws `internal` with the end of its stderr. */
export async function runFfmpeg(parameters: readonly string[]): Promise<Buffer> {
  const child = spawn('ffmpeg', parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await outcomeOf(child, child.stderr);
  return Buffer.concat(chunks);
}

/** Resolves when the process has ended well; rejects with a typed error otherwise. */
async function outcomeOf(child: ReturnType<typeof spawn>, stderr: NodeJS.ReadableStream): Promise<void> {
  let complaint = '';
  stderr.on('data', (chunk: Buffer) => (complaint = (complaint + chunk.toString('utf8')).slice(-2000)));
  let exit: unknown[];
  try {
    exit = await once(child, 'close');
  } catch (cause) {
    throw new AiprodError(
      'codec-unavailable',
      'ffmpeg could not be started',
      { found: String(cause), hint: 'Install ffmpeg, or put it on the PATH' },
      { cause },
    );
  }
  const [code, signal] = exit;
  if (code !== 0) {
    throw new AiprodError('internal', 'ffmpeg failed', {
      found: complaint.trim() || `exit ${String(code ?? signal)}`,
      hint: 'Try another format, or remove ffmpeg from the PATH',
    });
  }
}

/**
 * Encodes by an ffmpeg process that reads planes from a pipe. The planes are converted here, so that colours are the same
 * whatever encodes them; the result is re-timed and tagged by `remux`.
 * @param encoded path of the file that ffmpeg itself writes; removed at the end.
 */
export function openFfmpegEncoder(
  encoderName: string,
  codec: VideoCodec,
  sink: ByteSink,
  encoded: string,
  options: ClipOptions,
): FrameEncoder {
  const { width, height, frameRate, quality = 'high', format } = options;
  const rate = formatFrameRate(frameRate);
  const color = ['-color_range', 'tv', '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'];
  const child = spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-y'],
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-video_size', `${width}x${height}`, '-framerate', rate, ...color, '-i', 'pipe:0'],
      ...['-c:v', encoderName, '-crf', String(RATE_FACTORS[codec][quality]), ...(ENCODER_ARGUMENTS[encoderName] ?? [])],
      // A key frame every second, for seeking.
      ...['-g', String(Math.max(1, Math.round(frameRate.numerator / frameRate.denominator)))],
      ...['-pix_fmt', 'yuv420p', ...color, '-f', format, encoded],
    ],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  const outcome = outcomeOf(child, child.stderr);
  // A failure is told where it is awaited; until then it must not count as unhandled.
  outcome.catch(() => undefined);
  // A write to a process that died fails with EPIPE; why it died is what `outcome` says.
  child.stdin.on('error', () => undefined);
  const removeEncoded = (): Promise<void> => rm(encoded, { force: true });
  return {
    async encode(rgba) {
      const accepted = child.stdin.write(rgbaToYuv(rgba, width, height, 'bt709', '420'));
      if (!accepted) await Promise.race([once(child.stdin, 'drain').catch(() => outcome), outcome]);
      if (child.exitCode !== null) await outcome;
    },
    async finish(frameCount) {
      child.stdin.end();
      await outcome;
      await remux(new FilePathSource(encoded), codec, sink, options, frameCount);
      await removeEncoded();
      await sink.close();
    },
    async abort() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await outcome.catch(() => undefined);
      options.soundTrack?.close();
      await removeEncoded();
      await sink.abort();
    },
  };
}
