import { expect, it } from 'vitest';
import { buildVaeDecoderGraph, buildVaeEncoderGraph, parameterShapes } from '../build';
import { releasedVaes } from '../testing/released-configs';
import { vaeConfigOf } from './checkpoint-config';
import { vaeConfigOfOriginal } from './original-config';

it('a VAE is refused where metadata and tensors contradict each other', () => {
  const { original } = releasedVaes['0.9.1'];
  const config = vaeConfigOfOriginal(original, 'x');
  const size = { batch: 1, frames: 1, height: 32, width: 32 };
  const shapes = new Map([
    ...parameterShapes(buildVaeDecoderGraph(config, { ...size, height: 1, width: 1 }).graph),
    ...parameterShapes(buildVaeEncoderGraph(config, size).graph),
  ]);
  expect(vaeConfigOf({ name: 'x', shapes }, original)).toEqual(config);
  expect(() => vaeConfigOf({ name: 'x', shapes }, releasedVaes['0.9.5'].original)).toThrow(/contradicts.*block_out_channels/);
});
