import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { relativeL2 } from '../../numeric/testing/relative-l2';
import { createGuider, type GuiderMemory } from './index';

const numbers = z.array(z.number());
const name = z.enum(['pred_cond', 'pred_uncond', 'pred_cond_skip', 'pred_cond_stg', 'pred_cond_modality']);
const variants = z.object({
  cases: z.array(
    z.object({
      class: z.string(),
      config: z.record(z.string(), z.unknown()),
      batch: z.number(),
      predictions: z.array(z.partialRecord(name, numbers)),
      passes: numbers,
      pred: z.array(numbers),
    }),
  ),
});

const { cases } = variants.parse(JSON.parse(readFileSync(new URL('../fixtures/guider-variants.json', import.meta.url), 'utf8')));

describe('options of the reference', () => {
  test.each(cases.map((golden) => [golden.class, golden.config, golden] as const))('%s %j', (className, config, golden) => {
    const guider = createGuider(className, config);
    const steps = golden.pred.length;
    let memory: GuiderMemory | undefined;
    for (let step = 0; step < steps; step++) {
      const passes = guider.passes({ step, steps }).map((pass) => pass.name);
      expect(passes).toHaveLength(golden.passes[step]);
      // Only the passes that the guider asks for are given to it.
      const predictions: Record<string, Float32Array> = {};
      for (const pass of passes) predictions[pass] = Float32Array.from(golden.predictions[step][name.parse(pass)] ?? []);
      const result = guider.guide({ step, steps, batch: golden.batch, predictions, memory });
      expect(relativeL2(result.prediction, golden.pred[step]), `step ${step}`).toBeLessThan(2e-6);
      memory = result.memory;
    }
  });
});

describe('bad input', () => {
  const cfg = createGuider('ClassifierFreeGuidance', {});
  const pred_cond = new Float32Array(6);

  test.each([
    [/not known/, () => createGuider('UnheardGuidance', {})],
    [/guidance_scale/, () => createGuider('ClassifierFreeGuidance', { guidance_scale: 'strong' })],
    [/norms over all axes/, () => createGuider('AdaptiveProjectedGuidance', { adaptive_projected_guidance_norm_dim: 1 })],
    [/pred_uncond/, () => cfg.guide({ step: 0, steps: 2, batch: 1, predictions: { pred_cond } })],
    [/batch of 4/, () => cfg.guide({ step: 0, steps: 2, batch: 4, predictions: { pred_cond, pred_uncond: pred_cond } })],
    [/6 and 5/, () => cfg.guide({ step: 0, steps: 2, batch: 1, predictions: { pred_cond, pred_uncond: new Float32Array(5) } })],
  ])('%s', (message, call) => {
    expect(call).toThrow(AiprodError);
    expect(call).toThrow(message);
  });
});
