/**
 * Writes src/audio/fixtures/ffmpeg-levels.json: what ffmpeg says of the sounds of src/audio/testing/level-signals.ts: integrated loudness and true peak
 * (filter ebur128), and the signal-to-distortion ratio of each channel with noise against the same without (filter asdr).
 *
 *   node tools/audio-fixtures/make-levels.mjs [FFMPEG]     written with ffmpeg 9.0.2
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSources } from '../with-sources.mjs';

const [ffmpeg = 'ffmpeg'] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'aiprod-levels-'));

function run(...parameters) {
  const { status, stderr } = spawnSync(ffmpeg, ['-nostats', ...parameters, '-f', 'null', '-'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stderr;
}

function numberAfter(text, pattern) {
  const match = pattern.exec(text);
  if (match === null) throw new Error(`no ${pattern} in ${text}`);
  return Number(match[1]);
}

/** 16-bit WAV. */
function wavOf({ sampleRate, channels }) {
  const count = channels.length * channels[0].length;
  const bytes = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (at, letters) => [...letters].forEach((letter, k) => bytes.setUint8(at + k, letter.charCodeAt(0)));
  text(0, 'RIFF');
  bytes.setUint32(4, 36 + 2 * count, true);
  text(8, 'WAVEfmt ');
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, channels.length, true);
  bytes.setUint32(24, sampleRate, true);
  bytes.setUint32(28, 2 * channels.length * sampleRate, true);
  bytes.setUint16(32, 2 * channels.length, true);
  bytes.setUint16(34, 16, true);
  text(36, 'data');
  bytes.setUint32(40, 2 * count, true);
  channels[0].forEach((_, at) =>
    channels.forEach((samples, channel) =>
      bytes.setInt16(44 + 2 * (at * channels.length + channel), Math.round(samples[at] * 32768), true),
    ),
  );
  return new Uint8Array(bytes.buffer);
}

try {
  await withSources(async (load) => {
    const { levelSignals, levelSignal, levelNoise } = await load('/src/audio/testing/level-signals.ts');
    const [clean, noisy] = ['clean.wav', 'noisy.wav'].map((name) => join(folder, name));
    const measured = levelSignals.map((signal) => {
      writeFileSync(clean, wavOf(levelSignal(signal)));
      writeFileSync(noisy, wavOf(levelSignal(signal, levelNoise)));
      const levels = run('-i', clean, '-af', 'ebur128=peak=true');
      const summary = levels.slice(levels.lastIndexOf('Summary:'));
      const ratios = run('-i', clean, '-i', noisy, '-filter_complex', '[0][1]asdr');
      return {
        ...signal,
        loudness: numberAfter(summary, /I:\s+(\S+) LUFS/),
        truePeak: numberAfter(summary, /Peak:\s+(\S+) dBFS/),
        signalToNoise: Array.from({ length: signal.channels }, (_, channel) =>
          numberAfter(ratios, new RegExp(`SDR ch${channel}: (\\S+) dB`)),
        ),
      };
    });
    const target = fileURLToPath(new URL('../../src/audio/fixtures/ffmpeg-levels.json', import.meta.url));
    writeFileSync(target, `${JSON.stringify(measured, null, 1)}\n`);
  });
} finally {
  rmSync(folder, { recursive: true });
}
