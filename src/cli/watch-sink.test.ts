import { expect, it } from 'vitest';
import type { Waveform } from '../audio';
import type { FrameSink } from '../pipelines';
import { syncWarning, watchSink } from './watch-sink';

const [frames, width, height, rate] = [192, 32, 16, 24];
const moves = [0.5, 0.8, 1.4, 1.9, 2.3, 3.1, 3.4, 4.1, 4.7, 5.2, 5.9, 6.2, 6.6, 7.3];

/** A bar that jumps, in chunks as a decoder gives them, and a stroke at each jump. */
async function watch(late: number) {
  const sound: Waveform = {
    sampleRate: 16000,
    channels: [
      Float32Array.from({ length: (frames / rate) * 16000 }, (_, n) => {
        const age = Math.min(...moves.map((time) => n / 16000 - time - late).filter((seconds) => seconds >= 0));
        return age < 0.1 ? 0.5 * Math.exp(-40 * age) * Math.sin(9000 * age) : 0;
      }),
    ],
  };
  const added: number[] = [];
  const sink: FrameSink = {
    add: async ({ firstFrame }) => void added.push(firstFrame),
    finish: async () => void added.push(-1),
    abort: async () => undefined,
  };
  const watched = watchSink(sink, rate, sound);
  const size = 64;
  for (let firstFrame = 0; firstFrame < frames; firstFrame += size) {
    const data = Float32Array.from({ length: 3 * size * height * width }, (_, k) => {
      const frame = firstFrame + (Math.floor(k / (height * width)) % size);
      const place = 2 * moves.filter((time) => time <= frame / rate).length;
      return k % width >= place && k % width < place + 3 ? 0.8 : -0.8;
    });
    await watched.sink.add({ firstFrame, video: { shape: [1, 3, size, height, width], data } });
  }
  await watched.sink.finish();
  expect(added).toEqual([0, 64, 128, -1]);
  return watched.sync();
}

it('a sound that is off is told with what to do, one that is not is left alone', async () => {
  const off = await watch(0.25);
  expect(Math.abs((off.offsetFrames ?? Infinity) - 6)).toBeLessThan(1);
  expect(syncWarning(off, 'clip.mp4')).toMatch(/^clip\.mp4: the sound seems 0\.2\d\d s late \(.*aiprod sync clip\.mp4 --out FILE$/);
  expect(syncWarning(await watch(0), 'clip.mp4')).toBeUndefined();
});
