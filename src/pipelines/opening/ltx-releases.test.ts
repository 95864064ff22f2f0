import { describe, expect, it } from 'vitest';
import { createScheduler } from '../../diffusion';
import { LTX_RELEASES, releaseOf } from './ltx-releases';
import { original13B, originalNames } from '../testing/original-names';
import { schedulerOf } from './original-scheduler';

describe('releases', () => {
  it.each(originalNames)('%s is %s', (fileName, name, vae, blocks) => {
    const release = releaseOf({ vae, blocks, fileName });
    expect(release.name).toBe(name);
    expect(release.size).toBe(blocks === original13B ? '13B' : '2B');
  });

  it('tell without a name what tensors and metadata tell', () => {
    const facts = { blocks: 28, fileName: 'model.safetensors' };
    expect(releaseOf({ ...facts, vae: '0.9.0' }).name).toBe('0.9.0');
    expect(releaseOf({ ...facts, vae: '0.9.1' }).name).toBe('0.9.1');
    expect(releaseOf({ ...facts, vae: '0.9.5' }).name).toBe('0.9.5');
    expect(releaseOf({ ...facts, vae: '0.9.5', distilled: true }).name).toBe('0.9.6-distilled');
    expect(releaseOf({ ...facts, vae: '0.9.5', blocks: original13B }).name).toBe('0.9.7');
    expect(releaseOf({ ...facts, vae: '0.9.5', blocks: original13B, distilled: true }).name).toBe('0.9.7-distilled');
  });

  it('have schedulers that can be built, and distilled ones their noise levels', () => {
    for (const { scheduler, distilled, defaults } of LTX_RELEASES) {
      expect(() => createScheduler('FlowMatchEulerDiscreteScheduler', scheduler)).not.toThrow();
      expect(defaults.sigmas !== undefined).toBe(distilled);
      expect((defaults.numFrames - 1) % 8).toBe(0);
      expect([defaults.width % 32, defaults.height % 32]).toEqual([0, 0]);
    }
  });

  it('give way to what the metadata say of the scheduler', () => {
    const [release] = LTX_RELEASES;
    expect(schedulerOf(undefined, release, 'x')).toEqual({ sampler: 'uniform', config: release.scheduler });
    const shifted = {
      _class_name: 'RectifiedFlowScheduler',
      num_train_timesteps: 1000,
      shifting: 'SD3',
      base_resolution: null,
      target_shift_terminal: 0.1,
    };
    expect(schedulerOf(shifted, LTX_RELEASES[2], 'x')).toEqual({ sampler: 'uniform', config: release.scheduler });
    expect(schedulerOf({ sampler: 'LinearQuadratic', shifting: null }, release, 'x')).toEqual({
      sampler: 'linear-quadratic',
      config: { use_dynamic_shifting: false },
    });
    expect(() => schedulerOf({ shifting: 'SimpleDiffusion' }, release, 'x')).toThrow(/RectifiedFlowScheduler.*shifting/);
  });
});
