import { expect, test } from 'vitest';
import type { Waveform } from '../audio';
import { normalizeAudioTokens, packAudioLatents } from '../diffusion';
import { AiprodError } from '../errors';
import { floatInput } from '../golden';
import { relativeL2 } from '../numeric/testing/relative-l2';
import { evaluateGraph } from '../graph';
import { buildVocoderGraph, parseLtx2AudioVaeConfig, parseLtx2VocoderConfig, vocoderContext } from '../models';
import { readModelCase } from '../models/testing/golden';
import { madeWeights } from '../models/testing/made-weights';
import { decodeWaveform, encodeWaveform, type AudioAutoencoder } from './audio-codec';
import { graphAudioAutoencoder } from './graph-audio';

const vaeCase = readModelCase('ltx2_audio_vae').golden;
const vocoderCase = readModelCase('ltx2_vocoder').golden;

async function goldenAudio(): Promise<AudioAutoencoder> {
  const run = evaluateGraph;
  return graphAudioAutoencoder({
    vae: { config: parseLtx2AudioVaeConfig(vaeCase.config), host: { run, read: (await vaeCase.openWeights('model')).read } },
    vocoder: { config: parseLtx2VocoderConfig(vocoderCase.config), host: { run, read: (await vocoderCase.openWeights('model')).read } },
  });
}

const smallGenerator = {
  in_channels: 8,
  hidden_channels: 8,
  upsample_kernel_sizes: [6, 4],
  upsample_factors: [4, 2],
  resnet_kernel_sizes: [3],
  resnet_dilations: [[1, 2]],
  antialias_kernel_size: 6,
};
const smallExtension = {
  bwe_in_channels: 8,
  bwe_hidden_channels: 4,
  bwe_upsample_kernel_sizes: [4, 7],
  bwe_upsample_factors: [4, 3],
  bwe_resnet_kernel_sizes: [3],
  bwe_resnet_dilations: [[1]],
  bwe_antialias_kernel_size: 6,
  ...{ filter_length: 16, window_length: 16, hop_length: 4, num_mel_channels: 4 },
};

test.each([
  ['leaky ReLUs', smallGenerator, 60, 10],
  ['filtered snakes', { ...smallGenerator, act_fn: 'snakebeta', antialias: true }, 90, 15],
  ['bandwidth extension', { ...smallGenerator, ...smallExtension }, 130, 20],
])('a vocoder of %s makes long sounds in chunks as it makes them at once', async (_, fields, frames, chunkFrames) => {
  const config = parseLtx2VocoderConfig(fields);
  const context = vocoderContext(config);
  if (context === undefined) throw new Error('it cannot be cut');
  // Something must lie outside the context of a chunk in the middle.
  expect(2 * context.frames + chunkFrames).toBeLessThan(frames);
  const read = madeWeights(buildVocoderGraph(config, { batch: 1, channels: 2, frames: 1 }));
  const models = {
    vae: { config: parseLtx2AudioVaeConfig(vaeCase.config), host: { run: evaluateGraph, read: (await vaeCase.openWeights('model')).read } },
    vocoder: { config, host: { run: evaluateGraph, read } },
  };
  const mel = { shape: [1, 2, frames, 4] as const, data: noise(2 * frames * 4, 0.3) };
  const whole = await (await graphAudioAutoencoder(models)).vocode(mel);
  const parts = await (await graphAudioAutoencoder({ ...models, chunkFrames })).vocode(mel);
  for (const [channel, samples] of whole.entries()) {
    expect(samples.length).toBe(frames * context.samplesPerFrame);
    expect(parts[channel].length).toBe(samples.length);
    expect(relativeL2(parts[channel], samples)).toBeLessThan(1e-6);
  }
});

const noise = (samples: number, seed: number): Float32Array =>
  Float32Array.from({ length: samples }, (_, n) => Math.sin(n * n * 0.001 + seed) * 0.5);

test("latents in the model's units become the reference's spectrogram, and its waveform", async () => {
  const audio = await goldenAudio();
  const { data, shape } = floatInput(vaeCase, 'latent');
  const [batch, channels, frames, bins] = shape;
  const tokens = normalizeAudioTokens(packAudioLatents(data, [batch, channels, frames, bins]), audio.statistics);
  const { sampleRate, channels: heard } = await decodeWaveform(audio, { frames, data: tokens });
  const { data: mel, shape: melShape } = floatInput({ ...vaeCase, inputs: vaeCase.outputs }, 'decoded');
  const expected = await audio.vocode({ shape: [1, melShape[1], melShape[2], melShape[3]], data: mel });
  expect(sampleRate).toBe(24000);
  expect(heard.map(({ length }) => length)).toEqual([(4 * frames - 3) * 8, (4 * frames - 3) * 8]);
  for (const [k, samples] of heard.entries()) expect(relativeL2(samples, expected[k])).toBeLessThan(1e-4);
});

test('a waveform becomes tokens of one latent frame for four spectrogram frames', async () => {
  const audio = await goldenAudio();
  // 16 kHz, hop 160: 1 + floor(2000 / 160) spectrogram frames.
  const stereo: Waveform = { sampleRate: 16000, channels: [noise(2000, 0), noise(2000, 1)] };
  const { frames, data } = await encodeWaveform(audio, stereo);
  expect(frames).toBe(Math.ceil(13 / 4));
  expect(data.length).toBe(frames * audio.statistics.mean.length);
  expect(data.every(Number.isFinite)).toBe(true);

  const mono = await encodeWaveform(audio, { sampleRate: 16000, channels: [noise(2000, 0)] });
  const doubled = await encodeWaveform(audio, { sampleRate: 16000, channels: [noise(2000, 0), noise(2000, 0)] });
  expect(mono.data).toEqual(doubled.data);
  expect(mono.data).not.toEqual(data);
  const { frames: resampled } = await encodeWaveform(audio, { sampleRate: 48000, channels: [noise(6000, 0)] });
  expect(resampled).toBe(frames);
});

test('sounds of more channels or too short are refused in words', async () => {
  const audio = await goldenAudio();
  const of = (sampleRate: number, channels: number, samples: number) =>
    encodeWaveform(audio, { sampleRate, channels: Array.from({ length: channels }, () => new Float32Array(samples)) });
  await expect(of(16000, 6, 2000)).rejects.toThrow(/1 or 2/);
  await expect(of(16000, 2, 100)).rejects.toThrow(AiprodError);
  await expect(of(16000, 0, 100)).rejects.toThrow(AiprodError);
});
