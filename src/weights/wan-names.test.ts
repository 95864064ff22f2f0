import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { recogniseArchitectures } from './inspect';
import { renamedNames } from './parameters';
import { WAN_TRANSFORMER_NAMES, WAN_VAE_NAMES } from './wan-names';

/** Official names beside those that diffusers 0.42.1 makes of them (`convert_wan_transformer_to_diffusers`, `convert_wan_vae_to_diffusers`). */
const pairs = z
  .record(z.string(), z.record(z.string(), z.string()))
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/names/wan.json', import.meta.url), 'utf8')));

describe("official names of Wan 2.1 become diffusers' own", () => {
  test.each([
    ['transformer_t2v', WAN_TRANSFORMER_NAMES, ''],
    ['transformer_t2v', WAN_TRANSFORMER_NAMES, 'model.diffusion_model.'],
    ['transformer_i2v', WAN_TRANSFORMER_NAMES, ''],
    ['vae', WAN_VAE_NAMES, ''],
    ['vae', WAN_VAE_NAMES, 'first_stage_model.'],
  ] as const)('%s', (part, rules, prefix) => {
    const expected = Object.entries(pairs[part]);
    expect(expected.length).toBeGreaterThan(60);
    const renamed = renamedNames(
      expected.map(([official]) => prefix + official),
      rules,
      part,
    );
    expect(Object.fromEntries(renamed)).toEqual(Object.fromEntries(expected.map(([official, name]) => [name, prefix + official])));
  });
});

test.each([
  ['transformer_t2v', 'wan-transformer'],
  ['transformer_i2v', 'wan-transformer'],
  ['vae', 'wan-vae'],
])('%s is recognised in both namings', (part, kind) => {
  const architecturesOf = (names: readonly string[]) => recogniseArchitectures(new Map(names.map((name) => [name, [1]])));
  expect(architecturesOf(Object.keys(pairs[part]))).toEqual([{ kind, naming: 'official' }]);
  expect(architecturesOf(Object.values(pairs[part]))).toEqual([{ kind, naming: 'diffusers' }]);
});
