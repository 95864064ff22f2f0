import { drawUniform, type DrawKey } from '../../training';
import type { TrainingConfig } from '../config';

type Strategy = TrainingConfig['training_strategy'];

/** Parts of a clip that are given, each with the probability that it is in a sample. */
type Given = Extract<Strategy, { name: 'flexible' }>['conditions'][number];

function givenOf(strategy: Strategy): readonly Given[] {
  if (strategy.name === 'flexible') return strategy.conditions;
  const probability = strategy.first_frame_conditioning_p;
  return probability === 0 ? [] : [{ type: 'prefix', frames: 1, probability }];
}

/** Whether some tokens may be given: then each has a timestep of its own. */
export function holdsTokens(strategy: Strategy): boolean {
  return givenOf(strategy).some(({ probability }) => probability > 0);
}

/**
 * Which tokens of a batch are given as they are: at noise level 0, and not counted by the loss. What would leave nothing to learn is not given.
 * @param frames latent frames, the outermost axis of a sample's tokens
 * @param tokens of a sample
 * @returns one number for each token of the batch: 1 where it is given
 */
export function drawHeldTokens(
  strategy: Strategy,
  { samples, frames, tokens }: { readonly samples: number; readonly frames: number; readonly tokens: number },
  key: DrawKey,
): Uint8Array {
  const given = givenOf(strategy);
  const held = new Uint8Array(samples * tokens);
  const draws = drawUniform(key, 'condition', samples * given.length);
  const perFrame = tokens / frames;
  for (let sample = 0; sample < samples; sample++) {
    const own = held.subarray(sample * tokens, (sample + 1) * tokens);
    for (const [k, { type, frames: count, probability }] of given.entries()) {
      if (draws[sample * given.length + k] >= probability || count >= frames) continue;
      const first = type === 'prefix' ? 0 : frames - count;
      own.fill(1, first * perFrame, (first + count) * perFrame);
    }
    if (own.every((value) => value === 1)) own.fill(0);
  }
  return held;
}

/** Which samples of a batch go without their caption. */
export function drawCaptionless({ caption_dropout_p: probability }: Strategy, samples: number, key: DrawKey): boolean[] {
  return Array.from(drawUniform(key, 'captionDropout', samples), (draw) => draw < probability);
}
