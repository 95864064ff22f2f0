import { describe, expect, test } from 'vitest';
import {
  combinedGuider,
  createScheduler,
  createSolver,
  guideTokens,
  holdTokens,
  passesKey,
  tokenStrengths,
  type GuidanceInput,
  type SolverConfigInput,
} from '../diffusion';
import { AiprodError } from '../errors';
import { relativeL2 } from '../numeric/testing/relative-l2';
import { denoise, evaluationsOfSteps, type DenoiseRequest, type DenoiseState, type VelocityModel } from './denoise';
import { decodeState, encodeState } from './run-state';

const channels = 3;
const tokens = 4;
const start = Float32Array.from({ length: tokens * channels }, (_, k) => Math.cos(1.7 * k));
const scheduler = createScheduler('FlowMatchEulerDiscreteScheduler', {});
const schedule = scheduler.schedule({ sigmas: [1, 0.9, 0.7, 0.5, 0.3, 0.1] });
const steps = schedule.timesteps.length;

const solvers: SolverConfigInput[] = [
  { kind: 'scheduler' },
  { kind: 'euler' },
  { kind: 'euler-ancestral' },
  { kind: 'heun' },
  { kind: 'res-2s', eta: 0.5, midpointEta: 0.5, anchorIterations: 100 },
  { kind: 'gradient-estimating' },
  { kind: 'unipc' },
  { kind: 'dpmpp-2m' },
];

const everyTerm: GuidanceInput = {
  terms: [
    { kind: 'apg', scale: 3, momentum: -0.5, eta: 0.4 },
    { kind: 'stg', scale: 1, blocks: [1], interval: { unit: 'sigma', min: 0.4 } },
    { kind: 'rescale', phi: 0.5 },
  ],
};

interface Seen {
  readonly sample: Float32Array;
  readonly timesteps: Float32Array;
  readonly passes: string;
}

/** Each pass has a velocity of its own, smooth in the sample. */
function modelOf(seen: Seen[] = []): VelocityModel {
  return {
    predict(sample, timesteps, passes) {
      seen.push({ sample, timesteps, passes: passesKey(passes) });
      const size = sample.length / timesteps.length;
      return Promise.resolve(
        Object.fromEntries(
          passes.map(({ name }, row) => [
            name,
            sample.map((x, k) => Math.sin(1.3 * x + timesteps[Math.floor(k / size)] / 400 + row) + 0.1 * x),
          ]),
        ),
      );
    },
  };
}

function request(changes: Partial<DenoiseRequest> = {}): DenoiseRequest {
  return {
    scheduler,
    schedule,
    state: { step: 0, latents: start },
    guidance: combinedGuider({ terms: [{ kind: 'cfg', scale: 3 }] }),
    model: modelOf(),
    noise: (step, draw) => Float32Array.from({ length: start.length }, (_, k) => 1.3 * Math.sin(9 * k + 5 * step + 2 * draw)),
    ...changes,
  };
}

describe.each(solvers.map((config) => [config] as const))('with the solver %j', (config) => {
  const solver = createSolver(config, scheduler);

  test('a run goes on from the file of any step with the same bits: history and momentum are in it', async () => {
    const guidance = combinedGuider(everyTerm);
    const states: DenoiseState[] = [];
    const whole = await denoise(request({ solver, guidance, onStep: (state) => void states.push(state) }));
    expect(states).toHaveLength(steps);
    for (const state of states.slice(0, -1)) {
      const kept = await decodeState(encodeState(state), 'state');
      expect(kept).toEqual(state);
      expect((await denoise(request({ solver, guidance, state: kept }))).latents).toEqual(whole.latents);
    }
  });

  test('the model is asked as often as was told, for the passes of the step alone', async () => {
    const seen: Seen[] = [];
    const guidance = combinedGuider(everyTerm);
    await denoise(request({ solver, guidance, model: modelOf(seen) }));
    const samples = seen.reduce((sum, { passes }) => sum + passes.split('+').length, 0);
    const asked = evaluationsOfSteps(solver, guidance, schedule);
    expect(samples).toBe(asked.reduce((sum, { passes, evaluations }) => sum + passes.length * evaluations, 0));
    expect(seen[0].passes).toBe('pred_cond+pred_uncond+pred_cond_stg');
    expect(seen.at(-1)?.passes).toBe('pred_cond+pred_uncond');
  });

  test('held tokens do not move, neither between steps nor in what the model is shown', async () => {
    const seen: Seen[] = [];
    const mask = Float32Array.of(1, 0, 0, 1);
    const final = await denoise(request({ solver, conditioning: holdTokens(mask), model: modelOf(seen) }));
    const held = (values: Float32Array): number[] => [...values.subarray(0, channels), ...values.subarray(3 * channels)];
    for (const { sample, timesteps } of seen) {
      expect(held(sample)).toEqual(held(start));
      expect([timesteps[0], timesteps[3]]).toEqual([0, 0]);
      expect(timesteps[1]).toBe(timesteps[2]);
    }
    expect(held(final.latents)).toEqual(held(start));
    expect(final.latents.subarray(channels, 2 * channels)).not.toEqual(start.subarray(channels, 2 * channels));
  });

  test('tokens guided with all strength arrive at what is given for them', async () => {
    const given = start.map((value) => 0.5 * value + 0.2);
    const final = await denoise(request({ solver, conditioning: guideTokens(Float32Array.of(1, 0, 0.5, 0), given) }));
    expect(relativeL2(final.latents.subarray(0, channels), given.subarray(0, channels))).toBeLessThan(1e-4);
    expect(relativeL2(final.latents.subarray(channels, 2 * channels), given.subarray(channels, 2 * channels))).toBeGreaterThan(0.05);
  });
});

test('the guess at the clean latents is x - sigma v of the step', async () => {
  const guesses: Float32Array[] = [];
  const states: Float32Array[] = [start];
  const seen: Seen[] = [];
  await denoise(
    request({
      guidance: combinedGuider({ terms: [] }),
      model: modelOf(seen),
      onStep: (state, denoised) => {
        guesses.push(denoised());
        states.push(state.latents);
      },
    }),
  );
  // An Euler step goes along the line from x to the guess.
  guesses.forEach((guess, k) => {
    const share = 1 - schedule.sigmas[k + 1] / schedule.sigmas[k];
    const along = states[k].map((x, i) => x + share * (guess[i] - x));
    expect(relativeL2(states[k + 1], along)).toBeLessThan(1e-6);
  });
});

test('fresh noise of picture and sound is each brought to mean 0 and deviation 1 by itself: together they go as each goes alone', async () => {
  const solver = createSolver({ kind: 'res-2s', eta: 0.5, midpointEta: 0.5, anchorIterations: 100 }, scheduler);
  const guidance = combinedGuider({ terms: [] });
  const wide = request({ solver, guidance, tokens: [3, 1].map((own) => ({ tokens: own, channels })) });
  const together = (await denoise(wide)).latents;
  for (const range of [
    [0, 3 * channels],
    [3 * channels, 4 * channels],
  ] as const) {
    const alone = {
      state: { step: 0, latents: start.subarray(...range) },
      noise: (step: number, draw: number) => wide.noise(step, draw).subarray(...range),
    };
    expect(together.subarray(...range)).toEqual((await denoise(request({ solver, guidance, ...alone }))).latents);
  }
});

test('guidance on clean predictions is that on velocities as long as it is linear; rescaling is not', async () => {
  const terms: GuidanceInput['terms'] = [
    { kind: 'cfg', scale: 3 },
    { kind: 'stg', scale: 1, blocks: [0] },
  ];
  const run = async (guidance: GuidanceInput): Promise<Float32Array> =>
    (await denoise(request({ guidance: combinedGuider(guidance) }))).latents;
  expect(relativeL2(await run({ space: 'denoised', terms }), await run({ terms }))).toBeLessThan(1e-5);
  const rescaled: GuidanceInput['terms'] = [...terms, { kind: 'rescale', phi: 0.7 }];
  expect(relativeL2(await run({ space: 'denoised', terms: rescaled }), await run({ terms: rescaled }))).toBeGreaterThan(0.01);
});

test('tokens of different noise levels take Euler steps under any scheduler that is asked to leave them to the solver', async () => {
  const conditioning = tokenStrengths(Float32Array.of(1, 0.5, 0, 0));
  const byScheduler = await denoise(request({ conditioning }));
  const solver = createSolver({ kind: 'euler' }, scheduler);
  const ancestral = createScheduler('LTXEulerAncestralRFScheduler', {});
  expect((await denoise(request({ conditioning, solver, scheduler: ancestral }))).latents).toEqual(byScheduler.latents);
  await expect(denoise(request({ conditioning, scheduler: ancestral }))).rejects.toThrow(/FlowMatchEuler/);
});

describe('what cannot work is refused', () => {
  test.each([
    [
      /another solver.*unipc.*dpmpp-2m/,
      async () => {
        const begun = createSolver({ kind: 'dpmpp-2m' }, scheduler);
        let kept: DenoiseState | undefined;
        await denoise(request({ solver: begun, onStep: (state) => void (kept ??= state) }));
        return denoise(request({ solver: createSolver({ kind: 'unipc' }, scheduler), state: kept ?? { step: 0, latents: start } }));
      },
    ],
    [
      /Euler steps only.*heun/,
      () => denoise(request({ solver: createSolver({ kind: 'heun' }, scheduler), conditioning: tokenStrengths(new Float32Array(tokens)) })),
    ],
    [
      /NaN at step 1/,
      () => denoise(request({ model: { predict: () => Promise.resolve({ pred_cond: start.map(() => NaN), pred_uncond: start }) } })),
    ],
    [/pred_uncond/, () => denoise(request({ model: { predict: () => Promise.resolve({ pred_cond: start }) } }))],
  ])('%s', async (message, run) => {
    await expect(run()).rejects.toThrow(AiprodError);
    await expect(run()).rejects.toThrow(message);
  });
});
