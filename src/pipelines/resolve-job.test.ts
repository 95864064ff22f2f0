import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guidancePresets } from '../diffusion';
import { AiprodError } from '../errors';
import { jobForRecipe, parseJob, pipelineNames, presetNames, resolveJob, type JobInput, type KnownMedia, type ModelTraits } from '.';

const traits: ModelTraits = {
  defaults: { width: 64, height: 64, frames: 17, frameRate: 8, steps: 10, guidanceScale: 3 },
  sizeMultiple: 16,
  frameMultiple: 4,
};
const facts = (frames: number) => ({ width: 80, height: 60, frames, frameRate: { numerator: 12, denominator: 1 }, fingerprint: 'f' });
const media: KnownMedia = new Map([
  ['a.png', facts(1)],
  ['b.png', facts(1)],
  ['clip.mp4', facts(30)],
  ['short.mp4', facts(3)],
]);
const resolve = (job: Partial<JobInput>) => resolveJob(parseJob({ prompt: 'x', ...job }), traits, media);

describe('what a pipeline fills in', () => {
  test('a video gives its frame rate and as many whole latent frames as it has', () => {
    expect(resolve({ pipeline: 'video-to-video', video: 'clip.mp4' })).toMatchObject({
      frames: 29,
      frameRate: { numerator: 12 },
      strength: 0.7,
    });
    expect(resolve({ pipeline: 'retake', video: 'clip.mp4', region: { start: 3, end: 9 }, frameRate: 5 })).toMatchObject({
      frames: 29,
      frameRate: { numerator: 5 },
    });
  });

  test('an extended clip is as long as its overlap and what is added', () => {
    expect(resolve({ pipeline: 'extend', video: 'clip.mp4', extend: { direction: 'forward', frames: 8 } }).frames).toBe(17);
    expect(resolve({ pipeline: 'extend', video: 'clip.mp4', extend: { direction: 'backward', frames: 4, overlap: 13 } }).frames).toBe(17);
  });

  test('a distilled model has its own noise levels and no guidance', () => {
    expect(resolve({ pipeline: 'distilled' })).toMatchObject({ steps: 8, guidanceScale: 1 });
    expect(resolve({ preset: 'distilled' })).toMatchObject({ pipeline: 'distilled', steps: 8 });
    expect(resolve({ sigmas: [1, 0.5, 0.2, 0] }).steps).toBe(3);
  });

  test('a preset fills in only what the job does not say', () => {
    expect(resolve({ preset: 'draft' }).steps).toBe(5);
    expect(resolve({ preset: 'draft', steps: 7 }).steps).toBe(7);
    for (const preset of presetNames) expect(parseJob({ prompt: 'x', preset })).toMatchObject({ preset });
  });
});

describe('with an upsampler, sizes and frames that the job does not say are what it can make', () => {
  const usual = { ...traits.defaults, width: 768, height: 512, frames: 121 };
  const staged = (
    upsampling: ModelTraits['upsampling'],
    job: Partial<JobInput> = {},
    defaults: ModelTraits['defaults'] = { ...usual, enlarged: true },
  ) =>
    resolveJob(
      parseJob({ prompt: 'x', pipeline: 'two-stage', upsampler: 'u', ...job }),
      { ...traits, defaults, sizeMultiple: 32, frameMultiple: 8, upsampling },
      media,
    );

  test.each([
    [
      { space: 2, time: 1 },
      { width: 1536, height: 1024, frames: 121 },
    ],
    [
      { space: 1.5, time: 1 },
      { width: 1152, height: 768, frames: 121 },
    ],
    [
      { space: 1, time: 2 },
      { width: 768, height: 512, frames: 129 },
    ],
    [
      { space: 2, time: 2 },
      { width: 1536, height: 1024, frames: 129 },
    ],
  ])('%j of the first of two stages', (upsampling, size) => {
    expect(staged(upsampling)).toMatchObject(size);
    expect(staged(upsampling, { width: 384 })).toMatchObject({ ...size, width: 384 });
  });

  test('of a model whose size is that of the clip', () => {
    expect(staged({ space: 1.5, time: 1 }, {}, { ...usual, width: 704, height: 480 })).toMatchObject({ width: 672, height: 480 });
  });

  test('what the first of two stages cannot make is refused', () => {
    const doubling = { space: 1, time: 2 };
    expect(() => staged(doubling, { frames: 121 })).toThrow(/16 x n \+ 1.*--frames 129/s);
    for (const conditions of [[{ file: 'a.png', frame: 16 }], [{ file: 'clip.mp4' }]]) {
      expect(() => staged(doubling, { pipeline: 'keyframes', conditions })).toThrow(/no place for videos/);
    }
    expect(() => staged(doubling, { pipeline: 'ic-lora', video: 'clip.mp4', frames: 17, loras: [{ path: 'l' }] })).toThrow(
      /no place for videos/,
    );
  });
});

describe('guidance of a model’s own configuration', () => {
  const { guidance } = parseJob({ prompt: 'x', preset: 'ltx-video-13b' });
  const ramped: ModelTraits = { ...traits, defaults: { ...traits.defaults, guidance: guidancePresets['ltx-video-13b'] } };
  const guidanceFor = (job: Partial<JobInput>, of = ramped) => resolveJob(parseJob({ prompt: 'x', ...job }), of, media).guidance;

  test('is that of jobs which say nothing of it, and of the preset', () => {
    expect(guidance?.terms.filter(({ kind }) => kind === 'stg')).toHaveLength(5);
    expect(guidanceFor({})).toEqual(guidance);
    expect(guidanceFor({}, traits)).toBeUndefined();
    expect(guidanceFor({ preset: 'ltx-video-13b', width: 64, height: 64 }, traits)).toEqual(guidance);
  });

  test.each<[string, Partial<JobInput>]>([
    ['a scale', { guidanceScale: 3 }],
    ['a scale of 1', { guidanceScale: 1 }],
    ['STG', { stgScale: 1 }],
    ['rescaling', { guidanceRescale: 0.5 }],
    ['the distilled pipeline', { pipeline: 'distilled' }],
  ])('gives way to %s', (_, job) => {
    expect(guidanceFor(job)).toBeUndefined();
    const { guidance: ofPreset } = parseJob({ prompt: 'x', preset: 'ltx-video-13b', ...job });
    expect(ofPreset === undefined).toBe(job.pipeline === undefined);
  });

  test('gives way to another list', () => {
    expect(guidanceFor({ guidance: { terms: [] }, preset: 'ltx-video-13b', width: 64, height: 64 })?.terms).toEqual([]);
  });
});

const refusals: readonly (readonly [what: string, job: Partial<JobInput>, message: RegExp])[] = [
  ['images without a pipeline for them', { conditions: [{ file: 'a.png' }] }, /takes no conditions.*image-to-video.*keyframes/s],
  ['a video in text to video', { video: 'clip.mp4' }, /takes no video.*video-to-video/s],
  ['no image', { pipeline: 'image-to-video' }, /needs conditions.*--image/s],
  ['two images for one frame', { pipeline: 'image-to-video', conditions: [{ file: 'a.png' }, { file: 'b.png' }] }, /keyframes/],
  ['a later image for the first frame', { pipeline: 'image-to-video', conditions: [{ file: 'a.png', frame: 4 }] }, /keyframes/],
  ['a frame the clip does not have', { pipeline: 'keyframes', conditions: [{ file: 'a.png', frame: 17 }] }, /0 to 16.*@16/s],
  ['a strength above 1', { pipeline: 'keyframes', conditions: [{ file: 'a.png', frame: 13, strength: 1.5 }] }, /strength/],
  ['a file that is not at hand', { pipeline: 'image-to-video', conditions: [{ file: 'c.png' }] }, /c\.png.*not at hand/],
  ['no upsampler', { pipeline: 'two-stage' }, /needs upsampler.*--upsampler/s],
  ['a size that two stages cannot halve', { pipeline: 'two-stage', upsampler: 'u', width: 80 }, /multiples of 32.*--width 96/s],
  ['a guided distilled model', { pipeline: 'distilled', guidanceScale: 3 }, /not guided.*--cfg 1/s],
  ['distilled with other guidance', { pipeline: 'distilled', guidance: { terms: [{ kind: 'stg', scale: 1 }] } }, /not guided/],
  ['steps that contradict the noise levels', { sigmas: [1, 0.5], steps: 4 }, /how many steps.*expected 2/s],
  ['noise levels that rise', { sigmas: [0.5, 1] }, /must fall/],
  ['noise levels twice', { sigmas: [1, 0.5], spacing: 'karras' }, /given twice/],
  ['no noise level', { sigmas: [0] }, /must fall/],
  ['a video that is too short', { pipeline: 'video-to-video', video: 'clip.mp4', frames: 33 }, /shorter.*--frames 29/s],
  ['a strength too low for any step', { pipeline: 'video-to-video', video: 'clip.mp4', strength: 0.05 }, /no step.*--strength 0\.1/s],
  [
    'a number of frames that cannot be added',
    { pipeline: 'extend', video: 'clip.mp4', extend: { direction: 'forward', frames: 6 } },
    /--extend 8/,
  ],
  [
    'an overlap of no whole latents',
    { pipeline: 'extend', video: 'clip.mp4', extend: { direction: 'forward', frames: 8, overlap: 6 } },
    /--overlap 5/,
  ],
  [
    'a video too short to extend',
    { pipeline: 'extend', video: 'short.mp4', extend: { direction: 'forward', frames: 8 } },
    /at least 5 frames/,
  ],
  [
    'frames that contradict an extension',
    { pipeline: 'extend', video: 'clip.mp4', frames: 21, extend: { direction: 'forward', frames: 8 } },
    /expected 17/,
  ],
  ['a region behind the end', { pipeline: 'retake', video: 'clip.mp4', region: { start: 8, end: 40 } }, /no such region.*8:29/s],
  ['an empty region', { pipeline: 'retake', video: 'clip.mp4', region: { start: 8, end: 8 } }, /no such region/],
  [
    'a reference too small for latents',
    { pipeline: 'ic-lora', video: 'clip.mp4', loras: [{ path: 'l' }], width: 80, reference: { downscaleFactor: 2 } },
    /multiples of 32/,
  ],
];

test.each(refusals)('%s is refused with what can be done', (_, job, message) => {
  let error: unknown;
  try {
    resolve(job);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(AiprodError);
  expect(String(error)).toMatch(message);
});

test('a preset with guidance is refused where the checkpoint is distilled, unless the job turns guidance off', () => {
  const distilled = { ...traits, defaults: { ...traits.defaults, sigmas: [1, 0.5], guidanceScale: 1 }, sound: true };
  const of = (job: Partial<JobInput>) => resolveJob(parseJob({ prompt: 'x', ...job }), distilled, media);
  for (const preset of ['ltx-2.0', 'ltx-2.3', 'ltx-video', 'ltx-video-13b'] as const) {
    expect(() => of({ preset, width: 64, height: 64, frames: 17 })).toThrow(/is distilled.*--preset distilled/s);
  }
  expect(of({ preset: 'ltx-2.0', guidanceScale: 1 }).guidanceScale).toBe(1);
  expect(of({ preset: 'distilled' }).guidanceScale).toBe(1);
});

test('a job of any pipeline survives a recipe', () => {
  const jobs: Partial<JobInput>[] = [
    { pipeline: 'keyframes', conditions: [{ file: 'a.png', frame: 8, strength: 0.5 }], imageNoiseScale: 0.15 },
    { pipeline: 'extend', video: 'clip.mp4', extend: { direction: 'backward', frames: 8 } },
    { pipeline: 'retake', video: 'clip.mp4', region: { start: 1, end: 9 }, solver: { kind: 'heun' } },
    { pipeline: 'distilled', guidance: { terms: [] } },
    { pipeline: 'two-stage', upsampler: 'u', refine: { sigmas: [0.8, 0.4] }, stgScale: 1, stgBlocks: [2] },
    { preset: 'ltx-2.0', width: 64, height: 64, frames: 17 },
  ];
  for (const job of jobs) {
    const withSound = { ...traits, sound: job.preset !== undefined };
    const resolved = resolveJob(parseJob({ prompt: 'x', ...job }), withSound, media);
    expect(resolveJob(parseJob(JSON.parse(JSON.stringify(jobForRecipe(resolved)))), withSound, media)).toEqual(resolved);
  }
});

test('settings of a sound are refused where the model makes none', () => {
  expect(() => resolve({ modalityScale: 3 })).toThrow(/no sound.*--modality 3/);
  expect(() => resolve({ audioGuidance: { guidanceScale: 7 } })).toThrow(/no sound/);
  expect(() => resolve({ loudness: -16 })).toThrow(/no sound/);
  expect(() => resolve({ pipeline: 'text-to-audio', seconds: 1 })).toThrow(/needs a model of picture and sound/);
});

test('jobs of version 1 are understood, as recipes of older files have them', () => {
  const old = {
    version: 1,
    pipeline: 'text-to-video',
    model: 'embedded',
    prompt: 'x',
    negativePrompt: '',
    width: 64,
    height: 64,
    frames: 17,
  };
  const more = { frameRate: '8', steps: 3, guidanceScale: 3, guidanceRescale: 0, seed: 4, dtype: 'auto' };
  expect(resolveJob(parseJob({ ...old, ...more }), traits)).toMatchObject({ version: 3, steps: 3, seed: 4, conditions: [] });
  expect(() => parseJob({ prompt: 'x', version: 4 })).toThrow(/version/);
});

test('any combination of fields is resolved or refused in words', () => {
  const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(values, { nil: undefined, freq: 2 });
  const file = fc.constantFrom('a.png', 'clip.mp4', 'short.mp4', 'none.png');
  const anyJob = fc.record({
    pipeline: fc.constantFrom(...pipelineNames),
    conditions: maybe(
      fc.array(fc.record({ file, frame: fc.nat(40), strength: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 3 }),
    ),
    video: maybe(file),
    strength: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
    extend: maybe(fc.record({ direction: fc.constantFrom('forward', 'backward'), frames: fc.integer({ min: 1, max: 40 }) })),
    region: maybe(fc.record({ start: fc.nat(40), end: fc.integer({ min: 1, max: 40 }) })),
    upsampler: maybe(fc.constant('u')),
    sigmas: maybe(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 })),
    frames: maybe(fc.integer({ min: 1, max: 40 })),
    guidanceScale: maybe(fc.constantFrom(0, 1, 3)),
  });
  fc.assert(
    fc.property(anyJob, (job) => {
      try {
        const resolved = resolveJob(parseJob(JSON.parse(JSON.stringify({ prompt: 'x', ...job }))), traits, media);
        expect((resolved.frames - 1) % 4).toBe(0);
      } catch (error) {
        expect(error).toBeInstanceOf(AiprodError);
        expect(error).not.toMatchObject({ code: 'internal' });
      }
    }),
    { numRuns: 1000 },
  );
});

describe('a model that shifts all noise levels alike and runs some pipelines only', () => {
  const shifting: ModelTraits = {
    ...traits,
    pipelines: ['text-to-video', 'image-to-video'],
    wholeImages: true,
    shift: { usual: 3, large: { pixels: 96 * 96, shift: 5 } },
  };
  const shifted = (job: Partial<JobInput>, of = shifting) => resolveJob(parseJob({ prompt: 'x', ...job }), of, media);

  test('shifts by the size of a frame, or as the job says', () => {
    expect(shifted({}).shift).toBe(3);
    expect(shifted({ width: 128, height: 64 }).shift).toBe(3);
    expect(shifted({ width: 96, height: 96 }).shift).toBe(5);
    expect(shifted({ shift: 8 }).shift).toBe(8);
    expect(shifted({ sigmas: [1, 0.5] }).shift).toBeUndefined();
    expect(shifted({}, traits).shift).toBeUndefined();
  });

  test.each<[string, Partial<JobInput>, ModelTraits, RegExp]>([
    [
      'a pipeline that it does not run',
      { pipeline: 'keyframes', conditions: [{ file: 'a.png' }] },
      shifting,
      /does not run the pipeline keyframes/,
    ],
    [
      'an image for a model that reads none',
      { pipeline: 'image-to-video', conditions: [{ file: 'a.png' }] },
      { ...shifting, pipelines: ['text-to-video'] },
      /reads no images/,
    ],
    [
      'a strength of an image that is read whole',
      { pipeline: 'image-to-video', conditions: [{ file: 'a.png', strength: 0.5 }] },
      shifting,
      /has no strength/,
    ],
    ['a shift beside noise levels', { shift: 3, sigmas: [1, 0.5] }, shifting, /shift or sigmas/],
    ['a shift where none is fixed', { shift: 3 }, traits, /shifted all alike/],
  ])('%s is refused', (_, job, of, message) => {
    expect(() => shifted(job, of)).toThrow(message);
  });
});
