import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createScheduler } from '../../diffusion';
import { relativeError } from '../../models/testing/golden';
import { isTensor, nodeKind, runGraph, type NodeKind, type NodeSpec } from '../dag';
import { parseJob, type Condition, type KnownMedia, type ResolvedJob } from '../job';
import { releasedDecodeSettings, type VideoAutoencoder } from '../latent-codec';
import { samplingNodes, type GraphContext } from '../pipeline-graph';
import { videoKinds } from '../video-kinds';
import type { VideoMachine } from '../video-machine';
import type { NoiseSource } from '../noise';
import { layoutSchema, layTokens } from '../nodes/place-conditions';
import { ref } from '../nodes/video-value';
import { keyframeSampling, latentCondition, tokenCondition } from './keyframes';

const numbers = z.array(z.number());
const size5 = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);
/** What `LTXConditionPipeline` made of a prefix, a later video and a last frame over given latents. */
const reference = z
  .object({
    latentShape: size5,
    frameRate: z.number(),
    sigma: z.number(),
    mean: numbers,
    std: numbers,
    given: numbers,
    conditions: z.array(z.object({ frames: z.number(), frameIndex: z.number(), strength: z.number(), encoded: numbers })),
    draws: z.array(numbers),
    latents: numbers,
    mask: numbers,
    coordinates: numbers,
    keyframeTokens: z.number(),
    trimmed: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
  })
  .parse(JSON.parse(readFileSync(new URL('../fixtures/conditioned-start.json', import.meta.url), 'utf8')));

const ratios = { spatial: 32, temporal: 8 };
const [, channels, latentFrames, rows, columns] = reference.latentShape;
const scheduler = createScheduler('FlowMatchEulerDiscreteScheduler', {});

/** An encoder that returns the latents of the reference, with no variance to speak of. */
const autoencoder: VideoAutoencoder = {
  statistics: { mean: Float32Array.from(reference.mean), std: Float32Array.from(reference.std), scalingFactor: 1 },
  timestepConditioned: false,
  encode({ shape, data }) {
    const frames = (shape[2] - 1) / ratios.temporal + 1;
    const count = channels * frames * rows * columns;
    const moments = new Float32Array(2 * count).fill(-30, count);
    moments.set(reference.conditions[data[0]].encoded);
    return Promise.resolve({ shape: [1, 2 * channels, frames, rows, columns], data: moments });
  },
  decode() {
    throw new Error('not for decoding');
  },
};

/** The draws in the reference's order; posteriors have none. */
const noise: NoiseSource = (purpose, index, count) => {
  if (purpose === 'posterior') return new Float32Array(count);
  const later = reference.conditions.map(({ frameIndex }, k) => (frameIndex > 0 ? k : -1)).filter((k) => k >= 0);
  return Float32Array.from(reference.draws[purpose === 'latents' ? 0 : 1 + later.indexOf(index)]);
};

const machine: VideoMachine = {
  scheduler,
  grid: { patch: { patch_size: 1, patch_size_t: 1 }, ratios },
  noise: () => noise,
  encodeText: () => Promise.reject(new Error('no text')),
  withAutoencoder: (_, __, body) => body(autoencoder),
  withTransformer: () => Promise.reject(new Error('no transformer')),
  upsample: () => Promise.reject(new Error('no upsampler')),
};

function contextOf(conditions: readonly Condition[], media: KnownMedia, frames = (latentFrames - 1) * ratios.temporal + 1): GraphContext {
  const job: ResolvedJob = {
    ...parseJob({ prompt: 'x', pipeline: 'keyframes', conditions: [...conditions] }),
    width: columns * ratios.spatial,
    height: rows * ratios.spatial,
    frames,
    frameRate: { numerator: reference.frameRate, denominator: 1 },
    steps: 4,
    guidanceScale: 1,
  };
  return {
    job,
    media,
    grid: machine.grid,
    latentChannels: channels,
    scheduler,
    dynamicShift: undefined,
    sampler: 'uniform',
    decode: releasedDecodeSettings,
    posterior: 'draw',
    keyframeTokens: true,
    stgBlocks: [0],
    conditions: { keyframes: 'front', guide: 'guide' },
    textByStage: false,
    upsampling: undefined,
    identity: { text_encoder: null, transformer: null, vae: null, upsampler: null, audio: null, image_encoder: null },
  };
}

const factsOf = (frames: number) => ({ width: 1, height: 1, frames, frameRate: null, fingerprint: '' });

describe('keyframes as tokens', () => {
  test('a prefix, a later video and a last frame over given latents: as the reference places them', async () => {
    const conditions = reference.conditions.map(({ frameIndex, strength }, k): Condition => ({
      file: String(k),
      frame: frameIndex,
      strength,
      placement: 'auto',
    }));
    const media: KnownMedia = new Map(reference.conditions.map(({ frames }, k) => [String(k), factsOf(frames)]));
    const context = contextOf(conditions, media);
    const sampling = {
      ...keyframeSampling(context),
      schedule: { sigmas: Float32Array.of(reference.sigma, 0), timesteps: Float32Array.of(1) },
    };
    const { width, height, frames } = context.job;
    const { nodes } = samplingNodes(context, { width, height, frames, ...sampling, refine: ref('given', 'video') });
    const given: NodeSpec = {
      name: 'given',
      kind: 'load-media',
      inputs: {},
      settings: { file: 'given', count: 1, tail: 0 },
      placement: 'cpu',
    };
    // Pixels that say which condition they are of; or the latents to refine.
    const media_: NodeKind = nodeKind({
      name: 'load-media',
      version: 1,
      outputs: ['video'],
      keep: 'never',
      settings: z.object({ file: z.string(), count: z.number(), tail: z.number() }),
      run: (_, { settings: { file, count, tail } }) => {
        const value = { shape: [1, 3, count + tail, 1, 1], data: new Float32Array(3 * (count + tail)).fill(Number(file)) };
        return Promise.resolve({
          video: file === 'given' ? { shape: [...reference.latentShape], data: Float32Array.from(reference.given) } : value,
        });
      },
    });
    const kinds = new Map([...videoKinds({ machine, hooks: {} }), ['load-media', media_]]);
    const { outputs } = await runGraph({ graph: [given, ...nodes], kinds, targets: [ref('place', 'tokens'), ref('place', 'strengths')] });
    const [tokens, strengths] = [outputs.get('place.tokens'), outputs.get('place.strengths')];
    if (!isTensor(tokens) || !isTensor(strengths)) throw new Error('no tokens');
    expect(relativeError(tokens.data, reference.latents)).toBeLessThan(2e-7);
    expect(relativeError(strengths.data, reference.mask)).toBeLessThan(2e-7);
    const place = nodes.find(({ name }) => name === 'place');
    const { layout } = z.object({ layout: layoutSchema }).parse(place?.settings);
    const laid = layTokens(machine, layout);
    expect(laid.videoStart).toBe(reference.keyframeTokens);
    const coordinates = laid.coordinates.flatMap((axis) => [...axis]);
    expect(relativeError(Float32Array.from(coordinates), reference.coordinates)).toBeLessThan(1e-7);
  });

  test('videos are cut to the clip and to whole latent frames, as in the reference', () => {
    for (const [frame, frames, target, kept] of reference.trimmed) {
      const condition: Condition = { file: 'clip', frame, strength: 1, placement: 'tokens' };
      const media: KnownMedia = new Map([['clip', factsOf(frames)]]);
      expect(tokenCondition(condition, contextOf([condition], media, target), media).media.count).toBe(kept);
    }
  });
});

test.each([
  // At frame f of a clip of 33 frames, from a file of n frames: latent frame, frames read, repeats of the last.
  [0, 1, 0, 1, 0],
  [0, 40, 0, 33, 0],
  [1, 1, 1, 1, 7],
  [8, 1, 1, 1, 7],
  [9, 1, 2, 1, 7],
  [32, 1, 4, 1, 7],
  [9, 12, 2, 12, 4],
  [25, 40, 4, 8, 0],
])('set into the latents: frame %i, %i frames', (frame, frames, latentFrame, count, tail) => {
  const condition: Condition = { file: 'clip', frame, strength: 1, placement: 'latents' };
  const media: KnownMedia = new Map([['clip', factsOf(frames)]]);
  const placed = latentCondition(condition, contextOf([condition], media, 33), media);
  expect(placed.items[0].item).toMatchObject({ kind: 'latent', latentFrame });
  expect(placed.media).toMatchObject({ start: 0, count, tail });
  const all = placed.media.lead + count + tail;
  expect((all - 1) % 8).toBe(0);
});
