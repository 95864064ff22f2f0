import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AiprodError } from '../../errors';
import { relativeL2 } from '../../numeric/testing/relative-l2';
import { linearQuadraticSigmas } from '../timesteps';
import { guidanceSchema, inInterval } from './guidance';
import {
  combinedGuider,
  guidancePresetNames,
  guidancePresets,
  passesOfRun,
  perturbationsOfPasses,
  predictionsOfPasses,
  stgBlocksOf,
  type GuidanceInput,
  type GuiderMemory,
  type Predictions,
} from './index';

const wave = (seed: number, length = 12): Float32Array => Float32Array.from({ length }, (_, k) => Math.sin(1.7 * k + seed));
const predictions: Predictions = {
  pred_cond: wave(0),
  pred_uncond: wave(1),
  pred_cond_stg: wave(2),
  'pred_cond_stg.2': wave(3),
  pred_cond_skip: wave(4),
  pred_cond_modality: wave(5),
};
const first = { step: 3, steps: 10, sigma: 0.5 };

const guided = (terms: GuidanceInput['terms'], at = first): Float32Array =>
  combinedGuider({ terms }, { stgBlocks: [7] }).guide({ ...at, batch: 2, predictions }).prediction;
const names = (terms: GuidanceInput['terms'], at: { step: number; steps: number; sigma?: number } = first): string[] =>
  combinedGuider({ terms }, { stgBlocks: [7] })
    .passes(at)
    .map((pass) => pass.name);
const added = (terms: GuidanceInput['terms']): Float32Array => guided(terms).map((value, k) => value - wave(0)[k]);

const textTerms: GuidanceInput['terms'] = [
  { kind: 'cfg', scale: 3 },
  { kind: 'cfg', scale: 3, original: true },
  { kind: 'cfg-star', scale: 2 },
  { kind: 'cfg-zero', scale: 2, zeroSteps: 1 },
  { kind: 'tcfg', scale: 4 },
  { kind: 'apg', scale: 5, eta: 0.2, normThreshold: 2, momentum: -0.5 },
];
const otherTerms: GuidanceInput['terms'] = [
  { kind: 'stg', scale: 1.5 },
  { kind: 'stg', scale: 0.5, blocks: [3], perturbation: 'block' },
  { kind: 'slg', scale: 2 },
  { kind: 'modality', scale: 3 },
];

describe('terms together', () => {
  test.each(textTerms.map((term) => [term.kind, term] as const))('add up with %s', (_, term) => {
    const together = added([term, ...otherTerms]);
    // The second term of spatio-temporal guidance has the second such pass, and alone it would have the first.
    const apart = [added([term]), added(otherTerms)];
    expect(
      relativeL2(
        together,
        apart[0].map((value, k) => value + apart[1][k]),
      ),
    ).toBeLessThan(1e-5);
  });

  test('do not depend on their order, but for rounding; rescaling is last wherever it stands', () => {
    const rescale = { kind: 'rescale', phi: 0.7 } as const;
    const [cfg, stg, modality] = [textTerms[0], otherTerms[0], otherTerms[3]];
    const forward = guided([cfg, stg, modality, rescale]);
    expect(relativeL2(guided([rescale, modality, stg, cfg]), forward)).toBeLessThan(1e-6);
    expect(relativeL2(guided([cfg, stg, modality]), forward)).toBeGreaterThan(1e-2);
  });

  test('without any, the conditional prediction is the result, to the bit', () => {
    expect(guided([])).toEqual(wave(0));
    expect(
      guided([
        { kind: 'cfg', scale: 1 },
        { kind: 'stg', scale: 0 },
        { kind: 'rescale', phi: 0 },
      ]),
    ).toEqual(wave(0));
  });

  test('CFG-Zero* stands still at its first steps', () => {
    const terms: GuidanceInput['terms'] = [
      { kind: 'cfg-zero', scale: 3, zeroSteps: 2 },
      { kind: 'rescale', phi: 0.5 },
    ];
    expect(guided(terms, { ...first, step: 1 })).toEqual(new Float32Array(12));
    expect(guided(terms, { ...first, step: 2 }).some((value) => value !== 0)).toBe(true);
  });
});

describe('passes', () => {
  test('are those that the active terms need, each once', () => {
    expect(names([])).toEqual(['pred_cond']);
    expect(names([{ kind: 'rescale', phi: 1 }])).toEqual(['pred_cond']);
    expect(
      names([
        { kind: 'cfg', scale: 1 },
        { kind: 'stg', scale: 1 },
      ]),
    ).toEqual(['pred_cond', 'pred_cond_stg']);
    expect(names([...textTerms, ...otherTerms])).toEqual([
      'pred_cond',
      'pred_uncond',
      'pred_cond_stg',
      'pred_cond_stg.2',
      'pred_cond_skip',
      'pred_cond_modality',
    ]);
    expect(
      names([
        { kind: 'stg', scale: 1 },
        { kind: 'stg', scale: 2, blocks: [7] },
      ]),
    ).toEqual(['pred_cond', 'pred_cond_stg']);
  });

  test('of one pass name belong to one perturbation, whatever step it is', () => {
    const early = { unit: 'sigma', min: 0.9 } as const;
    const late = { unit: 'sigma', max: 0.9 } as const;
    const guider = combinedGuider({
      terms: [
        { kind: 'stg', scale: 1, blocks: [1], interval: early },
        { kind: 'stg', scale: 1, blocks: [2], interval: late },
      ],
    });
    expect(guider.passes({ step: 0, steps: 2, sigma: 0.95 })[1]).toEqual({
      name: 'pred_cond_stg',
      prompt: 'positive',
      perturbation: { kind: 'attention-values', blocks: [1] },
    });
    expect(guider.passes({ step: 1, steps: 2, sigma: 0.5 })[1].name).toBe('pred_cond_stg.2');
    const schedule = { sigmas: Float32Array.of(1, 0.95, 0.9, 0.5, 0), timesteps: Float32Array.of(1000, 950, 900, 500) };
    const { perStep, distinct } = passesOfRun(guider, schedule);
    // 0.9 in f32 is a little below 0.9, and is meant all the same.
    expect(perStep.map((passes) => passes[1].name)).toEqual(['pred_cond_stg', 'pred_cond_stg', 'pred_cond_stg', 'pred_cond_stg.2']);
    expect(distinct).toHaveLength(2);
  });

  test('go into one batch and come apart again', () => {
    const passes = combinedGuider({
      terms: [
        { kind: 'cfg', scale: 3 },
        { kind: 'slg', scale: 1, blocks: [4, 5] },
      ],
    }).passes(first);
    expect(perturbationsOfPasses(passes)).toEqual([{ kind: 'block', blocks: [4, 5], rows: [2] }]);
    const apart = predictionsOfPasses(passes, Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(Object.keys(apart)).toEqual(['pred_cond', 'pred_uncond', 'pred_cond_skip']);
    expect([...apart.pred_uncond]).toEqual([3, 4]);
  });

  test('intervals hold from their lower bound to below their upper one', () => {
    const active = (
      interval: NonNullable<GuidanceInput['terms'][number]['interval']>,
      at: { step: number; steps: number; sigma?: number },
    ) => names([{ kind: 'cfg', scale: 3, interval }], at).length === 2;
    const steps = (interval: Parameters<typeof active>[0]): number[] =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((step) => active(interval, { step, steps: 8, sigma: 1 - step / 8 }));
    expect(steps({ unit: 'step', min: 2, max: 5 })).toEqual([2, 3, 4]);
    expect(steps({ unit: 'step', min: 2, max: 5, openMin: true })).toEqual([3, 4]);
    expect(steps({ unit: 'fraction', min: 0.3, max: 0.8 })).toEqual([2, 3, 4, 5]);
    expect(steps({ unit: 'fraction' })).toHaveLength(8);
    expect(steps({ unit: 'sigma', min: 0.5, max: 0.75 })).toEqual([3, 4]);
    expect(active({ unit: 'sigma', min: 0.1 }, { step: 0, steps: 8 })).toBe(false);
  });
});

test('momentum goes on from a stored memory with the same bits', () => {
  const guider = combinedGuider({ terms: [{ kind: 'apg', scale: 4, momentum: -0.6, normThreshold: 3, eta: 0.1 }] });
  const at = (step: number): Predictions => ({ pred_cond: wave(step), pred_uncond: wave(step + 0.4) });
  const run = (from: number, to: number, start: GuiderMemory | undefined): { memory: GuiderMemory | undefined; last: Float32Array } => {
    let memory = start;
    let last = new Float32Array(0);
    for (let step = from; step < to; step++) {
      const result = guider.guide({ step, steps: 6, batch: 1, predictions: at(step), ...(memory === undefined ? {} : { memory }) });
      ({ memory } = result);
      last = Float32Array.from(result.prediction);
    }
    return { memory, last };
  };
  const whole = run(0, 6, undefined);
  for (let stop = 1; stop < 6; stop++) expect(run(stop, 6, structuredClone(run(0, stop, undefined).memory)).last).toEqual(whole.last);
  expect(run(5, 6, undefined).last).not.toEqual(whole.last);
});

describe('presets', () => {
  test('are configurations', () => {
    expect(guidancePresetNames().sort()).toEqual(Object.keys(guidancePresets).sort());
    for (const name of guidancePresetNames()) expect(combinedGuider(guidancePresets[name]).passes(first)[0].name).toBe('pred_cond');
  });

  test('LTX-Video 13B changes its guidance with the noise level', () => {
    const guider = combinedGuider(guidancePresets['ltx-video-13b']);
    const at = (sigma: number): string =>
      guider
        .passes({ step: 0, steps: 30, sigma })
        .map(({ name, perturbation }) => `${name}${perturbation === undefined ? '' : `(${perturbation.blocks.join()})`}`)
        .join(' ');
    expect(at(1)).toBe('pred_cond');
    expect(at(0.996)).toBe('pred_cond');
    expect(at(0.995)).toBe('pred_cond pred_uncond pred_cond_stg(22,35,39)');
    expect(at(0.9933)).toBe('pred_cond pred_uncond pred_cond_stg(22,35,39)');
    expect(at(0.99)).toBe('pred_cond pred_uncond pred_cond_stg.2(28)');
    expect(at(0.98)).toBe('pred_cond pred_uncond pred_cond_stg.2(28)');
    expect(at(0.95)).toBe('pred_cond pred_cond_stg.2(28)');
    expect(at(0.1)).toBe('pred_cond pred_cond_stg.2(28)');
  });

  test('LTX-Video 13B follows the lists of its own configuration by timestep', () => {
    // ltxv-13b-0.9.7-dev.yaml, first pass; a rescaling scale of 1 stands for none there.
    const lists = {
      guidance_scale: [1, 1, 6, 8, 6, 1, 1],
      stg_scale: [0, 0, 4, 4, 4, 2, 1],
      rescaling_scale: [1, 1, 0.5, 0.5, 1, 1, 1],
      guidance_timesteps: [1, 0.996, 0.9933, 0.985, 0.9767, 0.9008, 0.618],
      skip_block_list: [[], [11, 25, 35, 39], [22, 35, 39], [28], [28], [28], [28]],
    };
    const { terms } = guidanceSchema.parse(guidancePresets['ltx-video-13b']);
    const follows = (sigma: number): void => {
      // The first entry that is not above the timestep, in f32; below all of them the last.
      const found = lists.guidance_timesteps.findIndex((level) => Math.fround(level) <= sigma);
      const at = found === -1 ? lists.guidance_timesteps.length - 1 : found;
      const acting = terms.filter(({ interval }) => inInterval(interval, { step: 0, steps: 30, sigma }));
      const expected = [
        ...(lists.guidance_scale[at] === 1 ? [] : [{ kind: 'cfg-star', scale: lists.guidance_scale[at] }]),
        ...(lists.stg_scale[at] === 0
          ? []
          : [{ kind: 'stg', perturbation: 'attention-values', scale: lists.stg_scale[at], blocks: lists.skip_block_list[at] }]),
        ...(lists.rescaling_scale[at] === 1 ? [] : [{ kind: 'rescale', phi: lists.rescaling_scale[at] }]),
      ];
      expect(acting, String(sigma)).toHaveLength(expected.length);
      expect(acting).toMatchObject(expected);
    };
    const released = linearQuadraticSigmas(30);
    for (const sigma of [...released, ...lists.guidance_timesteps]) follows(Math.fround(sigma));
    fc.assert(fc.property(fc.float({ min: 0, max: 1, noNaN: true }), follows));
    fc.assert(fc.property(fc.float({ min: Math.fround(0.9), max: 1, noNaN: true }), follows));
    // What that is for the 30 steps of the release: a few without guidance, then strong, then with STG alone.
    const guider = combinedGuider(guidancePresets['ltx-video-13b']);
    const passes = Array.from(released, (sigma, step) => guider.passes({ step, steps: 30, sigma }).length);
    expect(passes.slice(0, 30).join('')).toBe('111333333333332222222222222222');
  });

  test('blocks to perturb are there in every model', () => {
    expect(stgBlocksOf({ family: 'ltx-video', blocks: 28 })).toEqual([19]);
    expect(stgBlocksOf({ family: 'ltx-2.0', blocks: 48 })).toEqual([29]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (blocks) => {
        for (const block of stgBlocksOf({ family: 'ltx-video', blocks })) expect(block).toBeLessThan(blocks);
      }),
    );
  });
});

test('a model of picture alone has no modalities to isolate', () => {
  const passes = combinedGuider({ terms: [{ kind: 'modality', scale: 3 }] }).passes(first);
  expect(() => perturbationsOfPasses(passes)).toThrow(/picture and sound/);
});

describe('bad input', () => {
  test.each([
    [/kind/, { terms: [{ kind: 'magic' }] }],
    [/scale/, { terms: [{ kind: 'cfg' }] }],
    [/phi/, { terms: [{ kind: 'rescale', phi: 2 }] }],
    [/[Uu]nrecognized/, { terms: [{ kind: 'cfg', scale: 3, strength: 1 }] }],
    [/blocks/, { terms: [{ kind: 'stg', scale: 1 }] }],
    [/space/, { space: 'latent', terms: [] }],
  ])('%s', (message, guidance) => {
    // Configurations come from files: what they hold is not what their type says.
    const create = (): unknown => combinedGuider(guidance as GuidanceInput);
    expect(create).toThrow(AiprodError);
    expect(create).toThrow(message);
  });

  test('any JSON is a guider or a typed error', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        try {
          combinedGuider(JSON.parse(json) as GuidanceInput);
        } catch (error) {
          expect(error).toBeInstanceOf(AiprodError);
        }
      }),
    );
  });
});
