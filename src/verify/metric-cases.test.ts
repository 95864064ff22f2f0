import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openNodeFolder } from '../weights/node';
import { openGoldenCase, verifyCase } from '.';

const folder = fileURLToPath(new URL('../../fixtures/golden/', import.meta.url));

const noGraph = (): Promise<never> => Promise.reject(new Error('metrics need no graph'));

it.each([
  ['metrics_images', ['psnr', 'ssim_uniform7', 'ssim_gauss', 'mse', 'phash_distance', 'phash', 'dhash', 'average_hash']],
  ['metrics_lpips_head', ['layer.0', 'layer.1', 'layer.2', 'layer.3', 'layer.4', 'distance']],
] as const)('%s agrees with scikit-image, imagehash and lpips', async (name, outputs) => {
  const opened = await openGoldenCase(await openNodeFolder(folder), name);
  for (const dtype of ['f32', 'f16'] as const) {
    const checks = await verifyCase(opened, { dtype, run: noGraph });
    expect(checks.map((check) => check.name).toSorted()).toEqual([...outputs].toSorted());
    expect(checks.filter((check) => !check.passed)).toEqual([]);
    // Far within the tolerance: both sides compute in f64.
    if (name === 'metrics_images') for (const check of checks) expect(check.relative).toBeLessThan(1e-12);
  }
});
