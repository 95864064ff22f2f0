import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGpuContext } from '../../gpu';
import { testAdapter, testDevice } from '../../gpu/testing';
import type { Contender } from '../contender';
import { measureCase, measureTraining } from '../measure-case';
import { ourContender } from '../ours';
import type { Work } from '../work';
import { smallTransformer, smallVae } from '../testing';
import { startNodePeers } from './node-peers';

const works: readonly Work[] = [
  { op: 'matmul', m: 12, k: 20, n: 8, transposeB: false },
  { op: 'matmul', m: 12, k: 20, n: 8, transposeB: true },
  { op: 'attention', queries: 10, keys: 6, heads: 2, headDim: 8 },
  { op: 'conv3d', frames: 2, height: 4, width: 3, inChannels: 4, outChannels: 8 },
  { op: 'norm', rows: 5, channels: 16 },
  { op: 'block', tokens: 6, textTokens: 4, heads: 2, headDim: 8 },
];

describe('peers in Node', () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  let peers: Contender[];

  beforeAll(async () => {
    peers = await startNodePeers(testAdapter());
  });

  // Other test files of this process must not take it for a browser.
  afterAll(() => {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'navigator');
    else Object.defineProperty(globalThis, 'navigator', before);
  });

  it.each(works)('agree with us on $op', async (work) => {
    const ours = ourContender(createGpuContext(await testDevice()), 'f32');
    const measured = await measureCase('block', { name: work.op, work }, ours, peers, { rounds: 1, sampleSeconds: 0 });
    expect(measured.results.map(({ contender }) => contender)).toEqual(['aiprod', 'jax-js', 'tfjs']);
    for (const { difference } of measured.results.slice(1)) expect(difference).toBeLessThan(1e-5);
  });

  it.each([smallTransformer, smallVae])('have the gradients of our $training.model where they have any, and train', async (small) => {
    const ours = ourContender(createGpuContext(await testDevice()), 'f32');
    const measured = await measureTraining(small, ours, peers, { rounds: 1, sampleSeconds: 0 });
    expect(measured.results.map(({ contender }) => contender)).toEqual(['aiprod', 'jax-js']);
    expect(measured.results[1].difference).toBeLessThan(1e-5);
  });
});
