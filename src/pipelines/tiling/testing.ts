/** For tests: VAEs with weights, and decoders and encoders that run one tile on the CPU. */
import { fileURLToPath } from 'node:url';
import { evaluateGraph } from '../../graph';
import { buildVaeDecoderGraph, buildVaeEncoderGraph, parseLtxVaeConfig, type LtxVaeConfig, type Video } from '../../models';
import { readModelCase } from '../../models/testing/golden';
import { randomNormal } from '../../numeric/random';
import { openNodeFolder } from '../../weights/node';
import { openLtxModel } from '../opening/open-ltx-model';
import type { DecodeTile } from './decode-frames';
import type { EncodeTile } from './encode-frames';
import { tileConditions, type DecoderConditions } from './tile-decoder';
import { latentSize } from './tile-plan';

export interface TestVae {
  readonly config: LtxVaeConfig;
  readonly read: (name: string) => Promise<Float32Array>;
}

/** The VAE of a reference case: random weights. */
export async function goldenVae(name: string): Promise<TestVae> {
  const { golden } = readModelCase(name);
  const weights = await golden.openWeights('model');
  return { config: parseLtxVaeConfig(golden.config, name), read: (key) => weights.read(key) };
}

/** The VAE of the embedded model, which is trained. */
export async function embeddedVae(): Promise<TestVae> {
  const folder = fileURLToPath(new URL('../../../public/models/embedded', import.meta.url));
  const model = await openLtxModel(await openNodeFolder(folder), 'embedded');
  const read = model.reader('vae');
  return { config: model.vae, read: async (key) => read(key) };
}

/** Standard normal latents: harder than a real clip's, whose neighbours are alike. */
export function randomLatents({ config }: TestVae, frames: number, rows: number, columns: number, seed = 1): Video {
  const count = config.latent_channels * frames * rows * columns;
  return { shape: [1, config.latent_channels, frames, rows, columns], data: randomNormal(seed, 0, count) };
}

/** What `decodeInTiles` needs beside a choice. */
export function testConditions(vae: TestVae): Omit<DecoderConditions, 'latents'> {
  return { ...vae, timestep: 0.05, noise: (draw, count) => randomNormal(7, draw, count) };
}

/** Decodes tiles of latents on the CPU reference. */
export function cpuDecoder(vae: TestVae, latents: Video): DecodeTile {
  return async (tile, origin) => {
    const [batch, , frames, height, width] = tile.shape;
    const { graph, inputs } = buildVaeDecoderGraph(vae.config, { batch, frames, height, width });
    const wanted = new Map(Array.from(inputs, ([name, { shape }]) => [name, shape]));
    const conditions = await tileConditions({ ...testConditions(vae), latents: latentSize(latents.shape) }, wanted);
    return output(await evaluateGraph(graph, { ...conditions(origin, tile), latents: tile.data }, vae.read), 'sample');
  };
}

/** Encodes tiles of pixels on the CPU reference. */
export function cpuEncoder(vae: TestVae): EncodeTile {
  return async (pixels) => {
    const [batch, , frames, height, width] = pixels.shape;
    const { graph } = buildVaeEncoderGraph(vae.config, { batch, frames, height, width });
    return output(await evaluateGraph(graph, { video: pixels.data }, vae.read), 'moments');
  };
}

function output(results: Awaited<ReturnType<typeof evaluateGraph>>, name: string): Video {
  const result = results.get(name);
  if (result === undefined || !(result.data instanceof Float32Array)) throw new Error(`the graph has no float output ${name}`);
  const [batch, channels, frames, rows, columns] = result.shape;
  return { shape: [batch, channels, frames, rows, columns], data: result.data };
}
