/**
 * The transformer of LTX-2 19B cut to a few blocks, of random weights: written to a folder, and one denoising step of it within a budget,
 * with what it took beside what was predicted.
 */
import { Buffer } from 'node:buffer';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createGpuContext } from '../../src/gpu';
import { acquireNodeDevice } from '../../src/gpu/node';
import { randomNormal } from '../../src/numeric/random';
import { gpuMachine, type Ltx2Model } from '../../src/pipelines';
import { weightAccess } from '../../src/pipelines/opening/component-weights';
import { openOutline } from '../../src/pipelines/opening/outlines';
import { openWeightSet, parametersOf } from '../../src/weights';
import { openNodeFolder } from '../../src/weights/node';

const file = 'diffusion_pytorch_model.safetensors';

async function outlineOf(blocks: number): Promise<Ltx2Model> {
  const model = await openOutline('ltx-2-19b', { blocks });
  if (model === undefined || !('connectors' in model)) throw new Error('there is no outline of LTX-2');
  return model;
}

/** Writes the weights in bf16, one tensor after the other. @returns bytes */
export async function writeLtx2({ folder, blocks }: { readonly folder: string; readonly blocks: number }): Promise<number> {
  const source = await (await outlineOf(blocks)).parameters('transformer');
  const header: Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  for (const name of source.names()) {
    const shape = source.shape(name);
    const begin = end;
    end += 2 * shape.reduce((product, length) => product * length, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [begin, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const head = Buffer.alloc(8 + length, ' ');
  head.writeBigUInt64LE(BigInt(length), 0);
  json.copy(head, 8);
  await mkdir(folder, { recursive: true });
  const handle = await open(join(folder, file), 'w');
  await handle.write(head);
  let state = 20261129;
  for (const name of source.names()) {
    const shape = source.shape(name);
    const count = shape.reduce((product, size) => product * size, 1);
    // A row of weights adds up to about the size of what it multiplies; norms are about 1.
    const spread = shape.length === 1 ? 0.1 : Math.sqrt(12 / (shape.at(-1) ?? 1));
    const middle = name.includes('norm_') ? 1 : 0;
    for (let done = 0; done < count;) {
      const values = new Float32Array(Math.min(count - done, 1 << 22));
      const bits = new Uint32Array(values.buffer);
      const halves = new Uint16Array(values.length);
      for (let k = 0; k < values.length; k++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        values[k] = middle + (state / 4294967296 - 0.5) * spread;
        halves[k] = bits[k] >>> 16;
      }
      await handle.write(new Uint8Array(halves.buffer));
      done += values.length;
    }
  }
  await handle.close();
  return head.length + end;
}

export interface Ltx2Step {
  readonly folder: string;
  readonly blocks: number;
  readonly budgetBytes: number;
  /** `auto`, `software`, or a part of an adapter's name. */
  readonly device: string;
}

const textLength = 128;
const [frames, height, width, audioFrames] = [2, 2, 2, 8];

/** One prediction of 8 tokens of video and 8 of sound, beside 128 of text. */
export async function runLtx2Step({ folder, blocks, budgetBytes, device }: Ltx2Step): Promise<void> {
  const say = (text: string): void => console.info(text);
  const set = await openWeightSet(await openNodeFolder(folder), '');
  const source = parametersOf(set);
  const outline = await outlineOf(blocks);
  const own = weightAccess<string>(() => Promise.resolve(source));
  const model: Ltx2Model = { ...outline, ...own, maxSequenceLength: textLength, stored: () => source };
  const context = createGpuContext(await acquireNodeDevice({ preference: device, log: say }));
  const machine = gpuMachine({ model, context, dtype: 'f32', previews: false, weights: 'as-stored', memoryBudget: budgetBytes });
  const request = {
    passes: [[{ name: 'pred_cond', prompt: 'positive' }]],
    positions: { frames, height, width },
    timesteps: 'sample',
    audio: { frames: audioFrames, frameRate: 24 },
  } as const;
  const latentShape = [1, 128, frames, height, width] as const;
  const planned = machine.estimates.transformer(request, latentShape);
  const { streaming } = planned;
  const held = streaming === undefined ? 'whole' : `${streaming.held} of ${blocks} blocks stay, ${streaming.slots} slots`;
  say(`predicted ${planned.totalBytes} bytes, ${planned.weightBytes} of them weights; ${held}`);
  const states = (seed: number): Float32Array => randomNormal(1, seed, textLength * 3840);
  const text = { prompts: 1, states: states(1), audioStates: states(2), mask: new Float32Array(textLength).fill(1) };
  const tokens = frames * height * width;
  const latents = randomNormal(1, 0, (tokens + audioFrames) * 128);
  context.allocator.resetPeak();
  const start = performance.now();
  const prediction = await machine.withTransformer({ ...request, text, latentShape, seed: 1 }, new AbortController().signal, (session) =>
    session.model.predict(latents, Float32Array.of(700), request.passes[0]),
  );
  const seconds = (performance.now() - start) / 1000;
  const values = prediction.pred_cond ?? new Float32Array(0);
  const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  const taken = context.allocator.peakBytes;
  say(
    `one step in ${seconds.toFixed(0)} s; ${values.every(Number.isFinite) ? 'finite' : 'NOT FINITE'}, root mean square ${size.toFixed(4)}`,
  );
  say(
    `took ${taken} bytes of GPU memory, ${((taken / planned.totalBytes - 1) * 100).toFixed(2)} % off; the process ${process.memoryUsage.rss()} bytes`,
  );
  if (Math.abs(taken / planned.totalBytes - 1) > 0.05) process.exitCode = 1;
  await set.close();
  context.gpu.destroy();
}
