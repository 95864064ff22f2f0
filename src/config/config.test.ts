import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeConfig, loadConfig, secretReference, type ConfigKind } from '.';

const schema = z.strictObject({
  seed: z.int().default(42),
  optimization: z
    .strictObject({
      learning_rate: z.number().positive().default(1e-3),
      optimizer: z
        .discriminatedUnion('type', [
          z.strictObject({ type: z.literal('adamw'), weight_decay: z.number().default(0) }),
          z.strictObject({ type: z.literal('muon'), momentum: z.number() }),
        ])
        .prefault({ type: 'adamw' }),
    })
    .prefault({}),
  prompts: z.array(z.string()).default([]),
  token: secretReference.optional(),
});
const kind: ConfigKind<typeof schema> = {
  title: 'test configuration',
  schema,
  environmentPrefix: 'AIPROD_TEST',
  migrations: [
    {
      apply({ random_seed, ...rest }) {
        return random_seed === undefined
          ? { values: rest, notes: [] }
          : { values: { ...rest, seed: random_seed }, notes: ['random_seed is called seed'] };
      },
    },
  ],
};

let folder = '';
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aiprod-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a configuration', () => {
  it('is a file over what it extends, and the environment over both', async () => {
    write(
      'base.yaml',
      'version: 1\nrandom_seed: 7\noptimization: { learning_rate: 0.5, optimizer: { type: muon, momentum: 0.9 } }\nprompts: [a, b]\n',
    );
    const path = write(
      'own.json',
      '{ "version": 2, "extends": "base.yaml", "prompts": ["c"], "optimization": { "optimizer": { "momentum": 0.8 } } }',
    );
    const loaded = await loadConfig(path, kind, { AIPROD_TEST__OPTIMIZATION__LEARNING_RATE: '2e-4', AIPROD_OTHER: 'x' });
    expect(loaded.settings).toEqual({
      seed: 7,
      prompts: ['c'],
      optimization: { learning_rate: 2e-4, optimizer: { type: 'muon', momentum: 0.8 } },
    });
    expect(loaded.notes).toEqual(['random_seed is called seed']);
    expect(loaded.files).toEqual([join(folder, 'base.yaml'), path]);
    expect(describeConfig(loaded)).toEqual([
      expect.stringMatching(/^seed: 7 +# .*base\.yaml$/),
      'optimization:',
      expect.stringMatching(/^ {2}learning_rate: 0\.0002 +# AIPROD_TEST__OPTIMIZATION__LEARNING_RATE$/),
      '  optimizer:',
      expect.stringMatching(/^ {4}type: muon +# .*base\.yaml$/),
      expect.stringMatching(/^ {4}momentum: 0\.8 +# .*own\.json$/),
      expect.stringMatching(/^prompts: \["c"\] +# .*own\.json$/),
    ]);
  });

  it('takes null for the default of what a file that it extends says', async () => {
    write('base.yaml', 'version: 2\noptimization: { learning_rate: 0.5 }\n');
    const path = write('own.yaml', 'version: 2\nextends: base.yaml\noptimization: null\n');
    expect((await loadConfig(path, kind, {})).settings.optimization.learning_rate).toBe(1e-3);
  });

  it.each([
    [
      'an unknown setting',
      'version: 2\noptimization: { lerning_rate: 1 }\n',
      /no setting optimization\.lerning_rate \(from .*bad\.yaml\): did you mean optimization\.learning_rate\?/,
    ],
    [
      'one of another kind of the same',
      'version: 2\noptimization: { optimizer: { type: adamw, momentun: 1 } }\n',
      /did you mean optimization\.optimizer\.momentum\?/,
    ],
    ['a value of another type', 'version: 2\nseed: many\n', /seed: .*expected.* \(from .*bad\.yaml\)/],
    ['a secret in plain words', 'version: 2\ntoken: hunter2\n', /token: a secret is given by reference: env:NAME or file:PATH/],
    ['a version to come', 'version: 3\n', /version: 1 to 2.*found 3/],
    ['a circle', 'version: 2\nextends: bad.yaml\n', /circle.*bad\.yaml extends .*bad\.yaml/],
    ['a list', '- 1\n', /mapping/],
    ['no YAML', 'seed: [1\n', /not valid/],
    ['a parent that is not there', 'extends: nowhere.yaml\n', /nowhere\.yaml.*Check `extends` in .*bad\.yaml/],
  ])('refuses %s', async (_, text, message) => {
    const path = write('bad.yaml', text);
    const error = await loadConfig(path, kind, {}).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('hunter2');
  });

  it('names variables that set nothing known', async () => {
    const path = write('own.yaml', 'version: 2\n');
    await expect(loadConfig(path, kind, { AIPROD_TEST__SEEED: '1' })).rejects.toThrow(
      /seeed \(from AIPROD_TEST__SEEED\): did you mean seed\?/,
    );
  });

  it('keeps secrets out of everything that is shown', async () => {
    const path = write('own.yaml', `version: 2\ntoken: env:TEST_TOKEN\n`);
    const loaded = await loadConfig(path, kind, {});
    expect(await loaded.settings.token?.reveal({ TEST_TOKEN: 'hunter2' })).toBe('hunter2');
    expect(describeConfig(loaded).at(-1)).toMatch(/^token: ••• \(env:TEST_TOKEN\)/);
    expect(JSON.stringify(loaded.settings)).not.toContain('hunter2');
    await expect(loaded.settings.token?.reveal({})).rejects.toThrow(/env:TEST_TOKEN.*set environment variable/);
    const file = write('token', 'hunter3\n');
    const other = await loadConfig(path, kind, { AIPROD_TEST__TOKEN: `file:${file}` });
    expect(await other.settings.token?.reveal()).toBe('hunter3');
  });
});
