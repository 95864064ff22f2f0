import type { Work } from '../work';

/** Suites that compare one piece of work with the same work elsewhere. */
export const workSuiteNames = ['matmul', 'attention', 'conv3d', 'norm', 'block'] as const;
/** Suites about whole models; only training has peers. */
export const modelSuiteNames = ['train', 'step', 'memory', 'weights', 'start', 'compositing'] as const;
export const suiteNames = [...workSuiteNames, ...modelSuiteNames] as const;
export type WorkSuiteName = (typeof workSuiteNames)[number];
export type SuiteName = (typeof suiteNames)[number];

export interface WorkCase {
  readonly name: string;
  readonly work: Work;
}

const matmul = (m: number, k: number, n: number, transposeB = false): Work => ({ op: 'matmul', m, k, n, transposeB });
const attention = (heads: number, queries: number, keys: number, headDim: number): Work => ({
  op: 'attention',
  heads,
  queries,
  keys,
  headDim,
});
const conv3d = (channels: number, frames: number, height: number, width: number): Work => ({
  op: 'conv3d',
  frames,
  height,
  width,
  inChannels: channels,
  outChannels: channels,
});

/** The shapes that count: small ones that every machine can measure, and those of the LTX models. */
export const workSuites: Readonly<Record<WorkSuiteName, readonly WorkCase[]>> = {
  matmul: [
    { name: '512x512x512', work: matmul(512, 512, 512) },
    { name: '1024x1024x1024', work: matmul(1024, 1024, 1024) },
    { name: 'ltx-2b linear 1536x2048x8192', work: matmul(1536, 2048, 8192) },
    { name: 'ltx-2b linear 1536x2048x8192 transposed', work: matmul(1536, 2048, 8192, true) },
    { name: 'ltx-2b linear 1536x8192x2048', work: matmul(1536, 8192, 2048) },
    { name: 'ltx-2b linear 1536x8192x2048 transposed', work: matmul(1536, 8192, 2048, true) },
    { name: 'ltx-2 linear 4096x4096x16384', work: matmul(4096, 4096, 16384) },
  ],
  attention: [
    { name: '8 heads, 1024x64', work: attention(8, 1024, 1024, 64) },
    { name: '32 heads, 1536x64 to 128 text tokens', work: attention(32, 1536, 128, 64) },
    { name: '32 heads, 1536x64 to 256 text tokens', work: attention(32, 1536, 256, 64) },
    { name: '32 heads, 1536x64', work: attention(32, 1536, 1536, 64) },
    // Peers write all scores down: these are the most tokens whose scores fit the bindings of 128 MiB that some adapters stop at.
    { name: '32 heads, 1024x64', work: attention(32, 1024, 1024, 64) },
  ],
  conv3d: [
    { name: '64 to 64 on 5x32x32', work: conv3d(64, 5, 32, 32) },
    { name: 'vae 512 to 512 on 5x16x24', work: conv3d(512, 5, 16, 24) },
    { name: 'vae 128 to 128 on 17x64x96', work: conv3d(128, 17, 64, 96) },
  ],
  norm: [{ name: 'rms norm, scale, shift on 1536x2048', work: { op: 'norm', rows: 1536, channels: 2048 } }],
  block: [
    { name: '512 tokens x 512', work: { op: 'block', tokens: 512, textTokens: 128, heads: 8, headDim: 64 } },
    { name: 'ltx-2b 1536 tokens x 2048', work: { op: 'block', tokens: 1536, textTokens: 128, heads: 32, headDim: 64 } },
    { name: 'ltx-2b 1024 tokens x 2048', work: { op: 'block', tokens: 1024, textTokens: 128, heads: 32, headDim: 64 } },
  ],
};

/** More arithmetic than this takes a software adapter half a minute or more a run on a slow peer. */
export const softwareFlopsLimit = 8e9;
