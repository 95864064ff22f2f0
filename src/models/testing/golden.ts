import { existsSync, readdirSync } from 'node:fs';
import type { GoldenTensor } from '../../golden';
import { goldenFolder, readGoldenCase, readGoldenTensors } from '../../golden/testing';
import type { ModelCase, WeightReader } from '../verify-case';

function readWeights(name: string, file: string): WeightReader {
  const weights = readGoldenTensors(goldenFolder(name), file);
  const tensor = (key: string): GoldenTensor => {
    const found = weights.get(key);
    if (found === undefined) throw new Error(`${name}: no weight ${key}`);
    return found;
  };
  return {
    names: [...weights.keys()],
    shape: (key: string) => tensor(key).shape,
    read: (key: string) => {
      const { data } = tensor(key);
      return data instanceof Float32Array ? Promise.resolve(data) : Promise.reject(new Error(`${name}: ${key} is not f32`));
    },
  };
}

/** Reads a reference case of a model from the repository, for tests; its name as in {@link goldenFolder}. */
export function readModelCase(name: string): { golden: ModelCase; tolerance: { readonly f32: number; readonly f16: number } } {
  const folder = goldenFolder(name);
  const { golden, tolerance, weightsFrom } = readGoldenCase(name);
  return {
    golden: {
      ...golden,
      openWeights: (component) => {
        const own = component in weightsFrom ? weightsFrom[component] : name;
        const part = `weights_${component}.safetensors`;
        return Promise.resolve(readWeights(own, own === name && existsSync(new URL(part, folder)) ? part : 'weights.safetensors'));
      },
      openOthers: (prefix) =>
        Promise.resolve(
          new Map(readdirSync(folder).flatMap((file) => (file.startsWith(prefix) ? [[file, readWeights(name, file)] as const] : []))),
        ),
    },
    tolerance,
  };
}

/** Norm of the difference over norm of the expected tensor. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number | bigint>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    const value = Number(expected[i]);
    difference += (actual[i] - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference / norm);
}
