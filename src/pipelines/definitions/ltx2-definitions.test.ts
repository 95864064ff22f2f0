import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { packedShape, unpackAudioLatents, unpackLatents, type LatentShape } from '../../diffusion';
import { floatInput } from '../../golden';
import { evaluateGraph } from '../../graph';
import { blobFileTree } from '../../weights';
import { componentConfig, cropVideo, parseLtx2UpsamplerConfig, type ModelCase, type Video } from '../../models';
import { readModelCase, relativeError } from '../../models/testing/golden';
import { isTensor, nodeKind, runGraph, type NodeKind, type NodeValue, type Ref, type TensorValue } from '../dag';
import { graphUpsampler } from '../graph-models';
import { openUpsampler, upsamplingOf } from '../opening/open-upsampler';
import type { JobInput, KnownMedia } from '../job';
import { originalUpsamplerFile } from '../testing/original-upsampler';
import { seededNoise, type NoiseSource } from '../noise';
import type { ClipGraph } from '../pipeline-graph';
import { audioVideoCallSchema, audioVideoContext, audioVideoMachine } from '../verify-audio-video';
import { pixelInput } from '../verify-parts';
import { videoKinds } from '../video-kinds';
import { definitions } from './index';

/** LTX-2 with conditions that are tokens of their own, and in two stages: the latents equal those of diffusers' pipelines. */

const callOf = (golden: ModelCase) => z.object({ call: audioVideoCallSchema }).parse(golden.params).call;

/** Draws of the reference, which are of all tokens at once, as latents of the video and of each condition. */
function packedNoise(golden: ModelCase, latentShape: LatentShape, larger: LatentShape, conditionSide: number): NoiseSource {
  const patch = { patch_size: 1, patch_size_t: 1 };
  const channels = latentShape[1];
  let used = 0;
  return (purpose, index, count) => {
    const stage = purpose === 'secondStage' || (purpose === 'audio' && index === 1) ? 2 : 0;
    if (purpose === 'audio') {
      const { data, shape } = floatInput(golden, `noise.${stage + 1}`);
      return unpackAudioLatents(data, [1, 4, shape[1], shape[2] / 4]);
    }
    const { data } = floatInput(golden, `noise.${stage}`);
    const own = stage === 0 ? latentShape : larger;
    const length = packedShape(own, patch)[1] * channels;
    if (purpose !== 'keyframe') return unpackLatents(data.subarray(0, length), own, patch);
    const start = length + used;
    used += count;
    const shape: LatentShape = [1, channels, count / channels / conditionSide ** 2, conditionSide, conditionSide];
    return unpackLatents(data.subarray(start, start + count), shape, patch);
  };
}

/** Pixels of the case in place of files, at the size that is asked for; a larger picture has each pixel twice. */
function caseMedia(golden: ModelCase): NodeKind {
  return nodeKind({
    name: 'load-media',
    version: 1,
    outputs: ['video'],
    keep: 'never',
    settings: z.object({ file: z.string(), count: z.number(), width: z.number() }),
    run: (_, { settings: { file, count, width } }) => {
      const whole = cropVideo(pixelInput(golden, file, 'video'), { frames: [0, count] });
      const step = whole.shape[4] / width;
      const shape: Video['shape'] = [1, 3, count, whole.shape[3] / step, width];
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      for (let k = 0; k < data.length; k++) {
        const [row, column] = [Math.floor(k / width) * step, (k % width) * step];
        data[k] = whole.data[row * whole.shape[4] + column];
      }
      return Promise.resolve({ video: { shape, data } });
    },
  });
}

async function latentsOf(
  name: string,
  job: (golden: ModelCase) => Partial<JobInput> & Pick<JobInput, 'pipeline'>,
  { conditionSide = 2 } = {},
) {
  const { golden, tolerance } = readModelCase(`models/${name}`);
  const call = callOf(golden);
  const own = job(golden);
  const frames = (call.num_frames - 1) / 8 + 1;
  const [small, large]: LatentShape[] = [
    [1, 8, frames, 2, 2],
    [1, 8, frames, 4, 4],
  ];
  const upsample =
    own.upsampler === undefined
      ? {}
      : {
          upsample: graphUpsampler(parseLtx2UpsamplerConfig(componentConfig(golden, 'upsampler')), {
            run: evaluateGraph,
            read: (await golden.openWeights('upsampler')).read,
          }),
        };
  const noise = packedNoise(golden, small, large, conditionSide);
  const { machine, vae, transformer } = await audioVideoMachine(golden, evaluateGraph, { call, noise, ...upsample });
  const facts = (frameCount: number) => ({ width: 64, height: 64, frames: frameCount, frameRate: null, fingerprint: '' });
  const media: KnownMedia = new Map(
    ['first', 'later', 'image', 'video'].flatMap((file) => {
      const input = golden.inputs.get(file);
      return input === undefined ? [] : [[file, facts(input.shape[0])] as const];
    }),
  );
  const context = audioVideoContext(golden, {
    ...{ call, machine, media, job: own, latentChannels: vae.latent_channels, blocks: transformer.num_layers },
  });
  const graph = definitions[own.pipeline ?? 'text-to-video'].graph(context);
  if (graph.video === undefined) throw new Error('no picture');
  const audio: Ref = { node: graph.latents.node, output: 'audio' };
  const kinds = new Map([...videoKinds({ machine, hooks: {} }), ['load-media', caseMedia(golden)]]);
  return { golden, tolerance, ...(await tensorsOf(graph, kinds, audio)) };
}

async function tensorsOf(graph: ClipGraph, kinds: ReadonlyMap<string, NodeKind>, audio: Ref) {
  const { outputs } = await runGraph({ graph: graph.nodes, kinds, targets: [graph.latents, audio] });
  const data = ({ node, output }: Ref) => {
    const value = outputs.get(`${node}.${output}`);
    if (isTensor(value)) return value;
    throw new Error(`no ${node}.${output}`);
  };
  const { shape, data: sound } = data(audio);
  const [, channels, frames, bins] = shape;
  // The reference's are packed: frame by frame, channels before bins.
  const packed = Float32Array.from({ length: sound.length }, (_, k) => {
    const [frame, feature] = [Math.floor(k / (channels * bins)), k % (channels * bins)];
    return sound[(Math.floor(feature / bins) * frames + frame) * bins + (feature % bins)];
  });
  return { latents: data(graph.latents).data, audio: packed };
}

const expected = (golden: ModelCase, name: string) => golden.outputs.get(name)?.data ?? [];

describe('LTX-2 pipelines equal those of the reference', { timeout: 120_000 }, () => {
  test('key frames: a first picture, a video and a picture as tokens of their own', async () => {
    const made = await latentsOf('ltx2_pipeline_keyframes', (golden) => ({
      pipeline: 'keyframes',
      ...z.object({ conditions: z.array(z.object({ file: z.string(), frame: z.number(), strength: z.number() })) }).parse(golden.params),
    }));
    expect(relativeError(made.latents, expected(made.golden, 'latents'))).toBeLessThan(made.tolerance.f32);
    expect(relativeError(made.audio, expected(made.golden, 'audio_latents'))).toBeLessThan(made.tolerance.f32);
  });

  test('a reference video of half the size (IC-LoRA)', async () => {
    const job = { pipeline: 'ic-lora' as const, video: 'video', reference: { downscaleFactor: 2, strength: 1 } };
    const made = await latentsOf('ltx2_pipeline_reference', () => job, { conditionSide: 1 });
    expect(relativeError(made.latents, expected(made.golden, 'latents'))).toBeLessThan(made.tolerance.f32);
    expect(relativeError(made.audio, expected(made.golden, 'audio_latents'))).toBeLessThan(made.tolerance.f32);
  });

  test('two stages with the latent upsampler, and a first picture that is given to a degree', async () => {
    const made = await latentsOf('ltx2_pipeline_two_stage', () => ({
      ...{ pipeline: 'two-stage', upsampler: 'upsampler', width: 128, height: 128 },
      conditions: [{ file: 'image', frame: 0, strength: 0.8 }],
    }));
    expect(relativeError(made.latents, expected(made.golden, 'latents'))).toBeLessThan(made.tolerance.f32);
    expect(relativeError(made.audio, expected(made.golden, 'audio_latents'))).toBeLessThan(made.tolerance.f32);
  });
});

/** A tone that lasts longer than the clip. */
const tone = {
  sampleRate: 8_000,
  channels: [Float32Array.from({ length: 8_000 }, (_, k) => 0.3 * Math.sin(0.35 * k))],
};

/** One step without guidance, of 17 frames of 32 x 32. */
async function plainRun(
  job: Partial<JobInput> & Pick<JobInput, 'pipeline'>,
  media: KnownMedia = new Map(),
  more: { readonly upsample?: (latents: Video) => Promise<Video> } = {},
) {
  const { golden } = readModelCase('models/ltx2_pipeline_reference');
  const plain = { guidance_scale: 1, guidance_rescale: 0, stg_scale: 0, modality_scale: 1, num_inference_steps: 1, width: 32, height: 32 };
  const quiet = { audio_guidance_scale: 1, audio_guidance_rescale: 0, audio_stg_scale: 0, audio_modality_scale: 1 };
  const call = { ...callOf(golden), ...plain, ...quiet };
  const { machine, vae, transformer } = await audioVideoMachine(golden, evaluateGraph, { call, noise: seededNoise(3), ...more });
  const context = audioVideoContext(golden, {
    ...{ call, machine, job, media, latentChannels: vae.latent_channels, blocks: transformer.num_layers },
  });
  return { golden, machine, context };
}

/** What a pipeline makes of a file of sound, or of a video that has this sound. */
async function withSound(job: Partial<JobInput> & Pick<JobInput, 'pipeline'>) {
  const sound = { sampleRate: tone.sampleRate, seconds: 1 };
  const facts = { width: 32, height: 32, frames: 17, frameRate: { numerator: 24, denominator: 1 }, fingerprint: '', sound };
  const { golden, machine, context } = await plainRun(job, new Map([['video', facts]]));
  const graph = definitions[job.pipeline ?? 'text-to-video'].graph(context);
  if (graph.video === undefined || graph.audio === undefined) throw new Error('no picture or no sound');
  const media = {
    sound: () => Promise.resolve(tone),
    facts: () => Promise.resolve(facts),
    open: () => Promise.reject(new Error('not opened')),
  };
  const kinds = new Map([...videoKinds({ machine, hooks: {}, media }), ['load-media', caseMedia(golden)]]);
  const denoised = (output: string): Ref => ({ node: graph.latents.node, output });
  const encoded = graph.nodes.find(({ kind }) => kind === 'encode-latents');
  const given: Ref[] = [
    { node: 'encode-sound', output: 'latents' },
    ...(encoded === undefined ? [] : [{ node: encoded.name, output: 'latents' }]),
  ];
  const targets = [denoised('latents'), denoised('audio'), graph.audio, ...given];
  const { outputs } = await runGraph({ graph: graph.nodes, kinds, targets });
  const [latents, audio, heard, sounds, pictures] = targets.map(({ node, output }) => outputs.get(`${node}.${output}`)).map(floatsOf);
  return { graph, latents, audio, heard, sounds, pictures };
}

const floatsOf = (value: NodeValue | undefined) => {
  if (isTensor(value)) return value;
  throw new Error('no tensor');
};

/** Frames of latents [1, C, F, ...], by their numbers. */
function framesOf({ shape, data }: TensorValue, frames: readonly number[]): number[] {
  const [, channels, all] = shape;
  const plane = data.length / channels / all;
  return Array.from({ length: channels }, (_, channel) =>
    frames.map((frame) => [...data.subarray((channel * all + frame) * plane, (channel * all + frame + 1) * plane)]),
  ).flat(2);
}

test('an upsampler of time doubles the frames between two stages; the sound lasts as they do in both', { timeout: 120_000 }, async () => {
  const fields = { in_channels: 8, mid_channels: 32, num_blocks_per_stage: 1, dims: 3, spatial_scale: 2 } as const;
  const file = originalUpsamplerFile({ ...fields, spatial_upsample: false, temporal_upsample: true, rational_resampler: false });
  const upsampler = await openUpsampler(
    blobFileTree('', new Map([['temporal.safetensors', new Blob([file])]])),
    'temporal',
    'temporal.safetensors',
  );
  const upsample = graphUpsampler(upsampler.config, { run: evaluateGraph, read: upsampler.read });
  const job = { pipeline: 'two-stage' as const, upsampler: 'temporal', refine: { sigmas: [0.5] } };
  const { machine, context } = await plainRun(job, new Map(), { upsample });
  const graph = definitions['two-stage'].graph({ ...context, upsampling: upsamplingOf(upsampler.config) });
  const targets: Ref[] = ['denoise', 'denoise-2'].flatMap((node) => ['latents', 'audio'].map((output) => ({ node, output })));
  const { outputs } = await runGraph({ graph: graph.nodes, kinds: videoKinds({ machine, hooks: {} }), targets });
  const [small, sound, large, refined] = targets.map(({ node, output }) => floatsOf(outputs.get(`${node}.${output}`)));
  // 9 frames at 12 a second become 17 at 24.
  expect(small.shape).toEqual([1, 8, 2, 1, 1]);
  expect(large.shape).toEqual([1, 8, 3, 1, 1]);
  expect(large.data.every(Number.isFinite)).toBe(true);
  // 25 audio latents a second.
  expect([sound.shape[2], refined.shape[2]]).toEqual([18, 18]);
  await upsampler.close();
});

describe('sound that is given', { timeout: 120_000 }, () => {
  test('is held, and heard as it is: audio to video', async () => {
    const { graph, audio, heard, sounds } = await withSound({ pipeline: 'audio-to-video', audio: { file: 'video', start: 0.25 } });
    expect(audio.data).toEqual(sounds.data);
    expect(graph.soundRate).toBe(tone.sampleRate);
    // 17 frames of a 24th of a second, from a quarter of a second on.
    expect(heard.data).toEqual(tone.channels[0].subarray(2_000, 2_000 + Math.round((17 / 24) * 8_000)));
  });

  test('goes on with the picture, forward or backward: what is given is held, and heard as it is', async () => {
    const second = tone.sampleRate;
    // 24 frames a second; the latents of 9 given frames, and of sound that lies wholly within them.
    const extended = async (direction: 'forward' | 'backward') => {
      const made = await withSound({ pipeline: 'extend', video: 'video', extend: { direction, frames: 8, overlap: 9 } });
      expect(made.graph.soundRate).toBe(second);
      expect(made.heard.shape).toEqual([2, Math.round((25 / 24) * second)]);
      return made;
    };
    const fade = Math.round(0.02 * second);
    const length = Math.round((17 / 24) * second);
    const forward = await extended('forward');
    expect(framesOf(forward.latents, [0, 1])).toEqual(framesOf(forward.pictures, [0, 1]));
    const [held, free] = [
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
      [9, 10, 17],
    ];
    expect(framesOf(forward.audio, held)).toEqual(framesOf(forward.sounds, held));
    expect(framesOf(forward.audio, free)).not.toEqual(framesOf(forward.sounds, free));
    const [left, right] = [0, 1].map((channel) => forward.heard.data.subarray(channel * forward.heard.shape[1]));
    for (const channel of [left, right]) expect(channel.subarray(0, length - fade)).toEqual(tone.channels[0].subarray(0, length - fade));
    expect(left.subarray(length, forward.heard.shape[1])).not.toEqual(tone.channels[0].subarray(length, forward.heard.shape[1]));

    const backward = await extended('backward');
    expect(framesOf(backward.latents, [2])).toEqual(framesOf(backward.pictures, [1]));
    const [later, earlier] = [
      [10, 11, 12, 13, 14, 15, 16, 17],
      [0, 1, 8, 9],
    ];
    expect(framesOf(backward.audio, later)).toEqual(framesOf(backward.sounds, later));
    expect(framesOf(backward.audio, earlier)).not.toEqual(framesOf(backward.sounds, earlier));
    const at = Math.round((8 / 24) * second);
    const heard = backward.heard.data.subarray(at + fade, backward.heard.shape[1]);
    expect(heard).toEqual(tone.channels[0].subarray(fade, fade + heard.length));
    expect(backward.heard.data.subarray(0, at)).not.toEqual(new Float32Array(at));
  });

  test('is made anew in a region with the picture, or either alone: retake', async () => {
    // Frames 9 to 16 are the last latent frame; of 18 audio latents the last half and a little more.
    const region = { start: 9, end: 17 };
    const retake = (what: 'both' | 'video' | 'audio') => withSound({ pipeline: 'retake', video: 'video', region: { ...region, what } });
    const [keptFrames, keptSound] = [
      [0, 1],
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    ];
    const both = await retake('both');
    expect(framesOf(both.latents, keptFrames)).toEqual(framesOf(both.pictures, keptFrames));
    expect(framesOf(both.latents, [2])).not.toEqual(framesOf(both.pictures, [2]));
    expect(framesOf(both.audio, keptSound)).toEqual(framesOf(both.sounds, keptSound));
    expect(framesOf(both.audio, [9, 10, 17])).not.toEqual(framesOf(both.sounds, [9, 10, 17]));
    const video = await retake('video');
    expect(video.audio.data).toEqual(video.sounds.data);
    expect(video.latents.data).not.toEqual(video.pictures.data);
    expect(video.graph.soundRate).toBe(tone.sampleRate);
    const audio = await retake('audio');
    expect(audio.latents.data).toEqual(audio.pictures.data);
    expect(framesOf(audio.audio, keptSound)).toEqual(framesOf(audio.sounds, keptSound));
    expect(audio.audio.data).not.toEqual(audio.sounds.data);
  });
});
