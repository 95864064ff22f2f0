import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { integratedLoudness, signalToNoise, truePeak } from '.';
import { levelNoise, levelSignal } from './testing/level-signals';

const measured = z
  .array(
    z.object({
      sampleRate: z.number(),
      channels: z.number(),
      seconds: z.number(),
      loudness: z.number(),
      truePeak: z.number(),
      signalToNoise: z.array(z.number()),
    }),
  )
  .parse(JSON.parse(readFileSync(new URL('./fixtures/ffmpeg-levels.json', import.meta.url), 'utf8')));

// ffmpeg writes levels with one digit; its peaks are found with another oversampling filter.
it.each(measured)(
  'levels and noise are those of ffmpeg: $sampleRate Hz, $channels channels',
  ({ loudness, signalToNoise: ratios, ...signal }) => {
    const sound = levelSignal(signal);
    expect(Math.abs(integratedLoudness(sound) - loudness)).toBeLessThan(0.051);
    expect(Math.abs(truePeak(sound) - signal.truePeak)).toBeLessThan(0.15);
    const noisy = levelSignal(signal, levelNoise);
    const channel = (k: number, { sampleRate, channels }: typeof sound) => ({ sampleRate, channels: [channels[k]] });
    for (const [k, ratio] of ratios.entries()) expect(signalToNoise(channel(k, sound), channel(k, noisy))).toBeCloseTo(ratio, 3);
  },
);
