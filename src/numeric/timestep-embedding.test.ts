import { describe, expect, it } from 'vitest';
import { readGoldenOperationCase } from './testing/golden-case';
import { relativeL2 } from './testing/relative-l2';
import { timestepSinusoid } from './timestep-embedding';

describe('timestep embedding against the reference', () => {
  const { inputs, outputs } = readGoldenOperationCase('op_timestep_embedding');
  const timesteps = inputs.get('t')?.data ?? [];
  const variants = [
    { key: 'flip_shift0', options: {} },
    { key: 'noflip_shift1', options: { cosineFirst: false, frequencyShift: 1 } },
  ];
  for (const { key, options } of variants) {
    it(key, () => {
      expect(timesteps.length).toBe(6);
      expect(relativeL2(timestepSinusoid(timesteps, 256, options), outputs.get(key)?.data ?? [])).toBeLessThan(5e-6);
    });
  }
});
