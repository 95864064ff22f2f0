import { describe, expect, it } from 'vitest';
import { createGpuContext } from '../gpu';
import { testDevice } from '../gpu/testing';
import type { Contender } from './contender';
import { measureCase, measureTraining } from './measure-case';
import { ourContender, referenceResult } from './ours';
import { runBench } from './run-bench';
import { fromPeerLayout, peerData, permuted } from './peers/peer-work';
import { relativeDifference } from './statistics';
import { smallTransformer } from './testing';
import { workData, type Work } from './work';

const works: readonly Work[] = [
  { op: 'matmul', m: 12, k: 20, n: 8, transposeB: false },
  { op: 'matmul', m: 12, k: 20, n: 8, transposeB: true },
  { op: 'attention', queries: 10, keys: 6, heads: 2, headDim: 8 },
  { op: 'conv3d', frames: 2, height: 4, width: 3, inChannels: 4, outChannels: 8 },
  { op: 'norm', rows: 5, channels: 16 },
  { op: 'block', tokens: 6, textTokens: 4, heads: 2, headDim: 8 },
];

/** A peer that answers with the CPU reference, off by a factor. */
function playedPeer(factor: number): Contender {
  return {
    name: 'played',
    version: '0',
    dtype: 'f32',
    prepare: (work, data) =>
      Promise.resolve({
        run: () => Promise.resolve(),
        read: async () => (await referenceResult(work, data)).map((value) => value * factor),
        dispose: () => undefined,
      }),
  };
}

describe('measuring our runtime', () => {
  it('computes every kind of work as the CPU reference does and reports times', async () => {
    const ours = ourContender(createGpuContext(await testDevice()), 'f32');
    for (const work of works) {
      const measured = await measureCase('block', { name: work.op, work }, ours, [playedPeer(1)], { rounds: 2, sampleSeconds: 0 });
      expect(measured.results.map(({ contender }) => contender)).toEqual(['aiprod', 'played']);
      expect(measured.results[0].seconds).toHaveLength(2);
      expect(measured.results[1].difference).toBeLessThan(1e-5);
      expect(measured.ratios[0]).toMatchObject({ peer: 'played', byRound: true });
    }
  });

  it('has the gradients of the reference, and times training steps', async () => {
    const ours = ourContender(createGpuContext(await testDevice()), 'f32');
    const measured = await measureTraining(smallTransformer, ours, [playedPeer(1)], { rounds: 2, sampleSeconds: 0 });
    expect(measured.results[0].seconds).toHaveLength(2);
    expect(measured.unsupported).toEqual([{ peer: 'played', reason: 'it has no gradients here' }]);
  });

  it('refuses to time results that differ', async () => {
    const ours = ourContender(createGpuContext(await testDevice()), 'f32');
    const measuring = measureCase('matmul', { name: 'wrong', work: works[0] }, ours, [playedPeer(1.01)], { rounds: 1 });
    await expect(measuring).rejects.toMatchObject({ code: 'check-failed' });
  });
});

it('says which cases there are where none has the text that was asked for', async () => {
  const context = createGpuContext(await testDevice());
  const running = runBench({
    suites: ['norm', 'block'],
    context,
    dtype: 'f32',
    peers: [],
    rounds: 1,
    large: false,
    filter: 'no such shape',
    openModel: () => Promise.reject(new Error('no model is measured')),
    system: { runtime: '', platform: '', processors: 1 },
  });
  await expect(running).rejects.toThrow(/1536x2048; 512 tokens x 512; .*found no such shape/);
});

describe('data in the layout of a peer', () => {
  it('turns axes as a transpose does', () => {
    const turned = permuted({ shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }, [1, 0]);
    expect(turned.shape).toEqual([3, 2]);
    expect([...turned.data]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('puts channels first and back', () => {
    const work: Work = { op: 'conv3d', frames: 2, height: 3, width: 4, inChannels: 5, outChannels: 5 };
    const data = workData(work);
    const first = peerData(work, data, 'channels-first').get('x');
    expect(first?.shape).toEqual([1, 5, 2, 3, 4]);
    const original = data.get('x')?.data ?? [];
    expect(relativeDifference(fromPeerLayout(work, first?.data ?? new Float32Array(), 'channels-first'), original)).toBe(0);
  });
});
