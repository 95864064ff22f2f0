import { describe, expect, it } from 'vitest';
import { evaluateGraph } from '../graph';
import { relativeError } from '../graph/testing';
import { dynamicMap } from './adamw-8bit';
import { optimizerCases, optimizerFigures, repeated } from './testing/optimizer-trajectories';
import { averageDecay, learningRateAt, nextLossScale, StatelessTraining, type LearningRateSchedule } from '.';

describe('optimisers go the way of torch, transformers and bitsandbytes', () => {
  it.each(optimizerCases)('$name', async ({ name, optimizer, rate, tolerance }) => {
    const { model, options, expected, read, inputs } = repeated(optimizerFigures[name]);
    const training = new StatelessTraining(model, { ...options, optimizer }, evaluateGraph, read);
    for (let step = 0; step < optimizerFigures.steps; step++) await training.train(inputs(step), rate);
    for (const [parameter, values] of Object.entries(expected)) {
      expect(relativeError(await training.parameter(parameter), values), parameter).toBeLessThan(tolerance);
    }
  });

  it('code moments in bytes by the tables of bitsandbytes', () => {
    for (const signed of [true, false]) {
      const table = optimizerFigures.maps[signed ? 'True' : 'False'];
      expect(table).toHaveLength(256);
      dynamicMap(signed).forEach((value, k) => expect(Math.abs(value - table[k])).toBeLessThanOrEqual(2e-7 * Math.abs(table[k])));
    }
  });
});

const falling = { rate: 0.5, warmupSteps: 5, totalSteps: 20 };
const stable = { type: 'warmup_stable_decay', rate: 0.5, warmupSteps: 5, stableSteps: 8, decaySteps: 6 } as const;
const schedules: Readonly<Record<string, LearningRateSchedule>> = {
  constant: { type: 'constant', rate: 0.5, warmupSteps: 5 },
  linear: { type: 'linear', ...falling },
  linear_least: { type: 'linear', rate: 0.5, totalSteps: 20, minimumShare: 0.1 },
  cosine: { type: 'cosine', ...falling },
  cosine_cycles: { type: 'cosine', ...falling, cycles: 1.5 },
  restarts: { type: 'cosine_with_restarts', ...falling, cycles: 3 },
  polynomial: { type: 'polynomial', ...falling, endRate: 0.01, power: 2 },
  stable_cosine: { ...stable, minimumShare: 0.1 },
  stable_linear: { ...stable, decay: 'linear' },
  stable_root: { ...stable, decay: '1-sqrt' },
};

describe('numbers of a run are those of the libraries', () => {
  it('learning rates', () => {
    expect(Object.keys(schedules)).toEqual(Object.keys(optimizerFigures.rates));
    for (const [name, schedule] of Object.entries(schedules)) {
      optimizerFigures.rates[name].forEach((rate, step) => expect(learningRateAt(schedule, step), `${name} ${step}`).toBeCloseTo(rate, 10));
    }
  });

  it('decays of averages', () => {
    const options = {
      usual: {},
      warmup: { warmup: true, inverseGamma: 2, power: 0.75, decay: 0.99 },
      late: { updateAfterStep: 4, minDecay: 0.5, decay: 0.9 },
    };
    for (const [name, settings] of Object.entries(options)) {
      [1, 2, 3, 5, 10, 100, 1000, 100000].forEach((step, k) =>
        expect(averageDecay(step, settings), `${name} ${step}`).toBeCloseTo(optimizerFigures.decays[name][k], 12),
      );
    }
  });

  it('scales of losses', () => {
    const finite = [true, true, true, true, false, true, true, false, false, true, true, true];
    const options = { growthInterval: 3 };
    let state = { scale: 1024, finiteSteps: 0 };
    const scales = finite.map((step) => {
      const { scale } = state;
      state = nextLossScale(state, step, options);
      return scale;
    });
    expect([...scales, state.scale]).toEqual(optimizerFigures.scales);
  });
});
