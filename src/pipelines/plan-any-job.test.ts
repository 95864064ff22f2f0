import fc from 'fast-check';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sigmaSpacings, solverKinds } from '../diffusion';
import { AiprodError } from '../errors';
import { plainestCapabilities, type GpuContext } from '../gpu';
import { openNodeFolder } from '../weights/node';
import { openLtxModel, parseJob, pipelineNames, planJob, presetNames, resolveJob, type KnownMedia, type LtxModel } from '.';

const facts = (frames: number) => ({ width: 80, height: 60, frames, frameRate: { numerator: 12, denominator: 1 }, fingerprint: 'f' });
const media: KnownMedia = new Map([
  ['a.png', facts(1)],
  ['clip.mp4', facts(30)],
  ['short.mp4', facts(3)],
]);

let model: LtxModel;
beforeAll(async () => {
  const folder = fileURLToPath(new URL('../../public/models/embedded', import.meta.url));
  model = await openLtxModel(await openNodeFolder(folder), 'embedded');
});
afterAll(() => model.close());

/** Seldom there: of many fields that contradict each other only few may be. */
const maybe = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const scale = fc.constantFrom(0, 1, 3, 7.5);
const blocks = fc.array(fc.nat(40), { minLength: 1, maxLength: 3 });
const file = fc.constantFrom('a.png', 'clip.mp4', 'short.mp4', 'none.png');
const interval = maybe(
  fc.record({
    unit: fc.constantFrom('step', 'fraction', 'sigma'),
    min: maybe(fc.double({ min: -1, max: 9, noNaN: true })),
    max: maybe(share),
  }),
);
const term = fc.oneof(
  fc.record({ kind: fc.constantFrom('cfg', 'cfg-star', 'cfg-zero', 'tcfg', 'apg', 'modality'), scale, interval }),
  fc.record({ kind: fc.constantFrom('stg', 'pag', 'slg'), scale, blocks: maybe(blocks), interval }),
  fc.record({ kind: fc.constant('rescale'), phi: share, interval }),
);
const guidance = fc.record({ space: fc.constantFrom('velocity', 'denoised'), terms: fc.array(term, { maxLength: 4 }) });

/** What each pipeline needs, right by itself, so that not every job is refused for the lack of it. */
const image = { file: 'a.png', frame: 0 };
const video = { video: 'clip.mp4', frames: undefined };
const needs: readonly object[] = [
  {},
  { pipeline: 'image-to-video', conditions: [image] },
  { pipeline: 'keyframes', conditions: [image, { file: 'a.png', frame: 8, strength: 0.5 }] },
  { pipeline: 'video-to-video', ...video },
  { pipeline: 'extend', ...video, extend: { direction: 'forward', frames: 8 } },
  { pipeline: 'retake', ...video, region: { start: 3, end: 9 } },
  { pipeline: 'distilled' },
  ...pipelineNames.map((pipeline) => ({ pipeline })),
];

const anyJob = fc
  .tuple(
    fc.record({ width: fc.constantFrom(32, 64), height: fc.constant(32), frames: fc.constantFrom(9, 17), steps: fc.constant(2) }),
    fc.constantFrom(...needs),
    fc.record({
      preset: maybe(fc.constantFrom(...presetNames)),
      width: maybe(fc.constantFrom(96, 72)),
      height: maybe(fc.constantFrom(64, 40)),
      frames: maybe(fc.integer({ min: 1, max: 33 })),
      frameRate: maybe(fc.constantFrom<unknown[]>(8, 24, '30000/1001', 0, '1/0', 'x')),
      steps: maybe(fc.integer({ min: 1, max: 6 })),
      sigmas: maybe(fc.array(share, { minLength: 1, maxLength: 4 })),
      spacing: maybe(fc.constantFrom(...sigmaSpacings)),
      solver: maybe(fc.record({ kind: fc.constantFrom(...solverKinds) })),
      guidanceScale: maybe(scale),
      guidanceRescale: maybe(share),
      stgScale: maybe(scale),
      stgBlocks: maybe(blocks),
      modalityScale: maybe(scale),
      guidance: maybe(guidance),
      conditions: maybe(
        fc.array(fc.record({ file, frame: fc.nat(40), strength: share, placement: fc.constantFrom('auto', 'tokens', 'latents') }), {
          maxLength: 3,
        }),
      ),
      imageNoiseScale: maybe(share),
      video: maybe(file),
      strength: maybe(share),
      extend: maybe(fc.record({ direction: fc.constantFrom('forward', 'backward'), frames: fc.integer({ min: 1, max: 24 }) })),
      region: maybe(fc.record({ start: fc.nat(40), end: fc.integer({ min: 1, max: 40 }) })),
      reference: maybe(fc.record({ downscaleFactor: fc.integer({ min: 1, max: 3 }), strength: share })),
      dtype: maybe(fc.constantFrom('auto', 'f32', 'f16')),
      weights: maybe(fc.constantFrom('auto', 'as-stored', 'plain', 'int8', 'int4', 'q4_k')),
      tiling: maybe(fc.record({ strategy: fc.constantFrom('none', 'uniform', 'adaptive', 'hierarchical') })),
    }),
  )
  .map(([size, need, rest]) => ({
    prompt: 'x',
    ...size,
    ...('pipeline' in need && need.pipeline === 'distilled' ? { steps: undefined } : {}),
    ...need,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)),
  }));

/** What planning knows of a device. */
const context = {
  capabilities: plainestCapabilities,
  gpu: { adapter: { description: 'no device at all' } },
} as unknown as GpuContext;

/** As `aiprod generate` goes about it, up to the point where weights would be read. */
function planned(job: unknown, memoryBudget?: number): 'planned' | 'refused' {
  try {
    const resolved = resolveJob(parseJob(JSON.parse(JSON.stringify(job))), model.traits, media);
    const plan = planJob({
      model,
      job: resolved,
      context,
      previews: false,
      media,
      ...(memoryBudget === undefined ? {} : { memoryBudget }),
    });
    expect(plan.forecast.totalBytes).toBeGreaterThan(0);
    return 'planned';
  } catch (error) {
    if (!(error instanceof AiprodError)) throw error;
    expect(error.code).not.toBe('internal');
    // It says what was wanted, what was found or what to do.
    expect(
      Object.values(error.details).filter((detail) => detail !== undefined),
      error.message,
    ).not.toEqual([]);
    return 'refused';
  }
}

it('any job is planned or refused in words before a weight is read', { timeout: 120_000 }, () => {
  const counts = { planned: 0, refused: 0 };
  fc.assert(
    fc.property(anyJob, maybe(fc.constantFrom(1_000_000, 20_000_000, 1e9)), (job, budget) => {
      counts[planned(job, budget)] += 1;
    }),
    { numRuns: 300 },
  );
  // Both ends are met often.
  expect(Math.min(counts.planned, counts.refused)).toBeGreaterThan(20);
});
