import { expect, it } from 'vitest';
import { relativeError, testContext } from '../graph/testing';
import { optimizerCases, optimizerFigures, repeated } from './testing/optimizer-trajectories';
import { Trainer } from '.';

it.each(optimizerCases)('on the device $name goes the way of its library', async ({ name, optimizer, rate, tolerance }) => {
  const { model, options, expected, read, inputs } = repeated(optimizerFigures[name]);
  const trainer = await Trainer.create(model, { ...options, optimizer }, await testContext(), read);
  try {
    for (let step = 0; step < optimizerFigures.steps; step++) await trainer.train({ inputs: inputs(step) }, rate);
    for (const [parameter, values] of Object.entries(expected)) {
      expect(relativeError(await trainer.parameter(parameter), values), parameter).toBeLessThan(tolerance);
    }
  } finally {
    trainer.destroy();
  }
});
