/** For tests: VAEs with weights, and decoders and encoders that run one tile on the CPU. */
import { fileURLToPath } from 'node:url';
import { evaluateGraph } from '../../graph';
import { parseLtxVaeConfig, type Video } from '../../models';
import { readModelCase } from '../../models/testing/golden';
import { randomNormal } from '../../numeric/random';
import { openNodeFolder } from '../../weights/node';
import { openLtxModel } from '../opening/open-ltx-model';
import { ltxVideoVae, type VideoVae } from '../video-vae';
import type { DecodeTile } from './decode-frames';
import type { EncodeTile } from './encode-frames';
import { tileConditions, type DecoderConditions } from './tile-decoder';
import { latentSize } from './tile-plan';

export interface TestVae extends VideoVae {
  readonly read: (name: string) => Promise<Float32Array>;
}

/** The VAE of a reference case: random weights. */
export async function goldenVae(name: string): Promise<TestVae> {
  const { golden } = readModelCase(name);
  const weights = await golden.openWeights('model');
  return { ...ltxVideoVae(parseLtxVaeConfig(golden.config, name)), read: (key) => weights.read(key) };
}

/** The VAE of the embedded model, which is trained. */
export async function embeddedVae(): Promise<TestVae> {
  const folder = fileURLToPath(new URL('../../../public/models/embedded', import.meta.url));
  const model = await openLtxModel(await openNodeFolder(folder), 'embedded');
  const read = model.reader('vae');
  return { ...ltxVideoVae(model.vae), read: async (key) => read(key) };
}

/** Standard normal latents: harder than a real clip's, whose neighbours are alike. */
export function randomLatents({ latentChannels }: VideoVae, frames: number, rows: number, columns: number, seed = 1): Video {
  const count = latentChannels * frames * rows * columns;
  return { shape: [1, latentChannels, frames, rows, columns], data: randomNormal(seed, 0, count) };
}

/** What `decodeInTiles` needs beside a choice. */
export function testConditions(vae: TestVae): Omit<DecoderConditions, 'latents'> & { readonly vae: VideoVae } {
  return { vae, read: vae.read, timestep: 0.05, noise: (draw, count) => randomNormal(7, draw, count) };
}

/** Decodes tiles of latents on the CPU reference. */
export function cpuDecoder(vae: TestVae, latents: Video): DecodeTile {
  return async (tile, origin) => {
    const { graph, inputs } = vae.decoder(tile.shape, 'f32');
    const wanted = new Map(Array.from(inputs, ([name, { shape }]) => [name, shape]));
    const conditions = await tileConditions({ ...testConditions(vae), latents: latentSize(latents.shape) }, wanted);
    return output(await evaluateGraph(graph, { ...conditions(origin, tile), latents: tile.data }, vae.read), 'sample');
  };
}

/** Encodes tiles of pixels on the CPU reference. */
export function cpuEncoder(vae: TestVae): EncodeTile {
  return async (pixels) => {
    const { graph } = vae.encoder(pixels.shape, 'f32');
    return output(await evaluateGraph(graph, { video: pixels.data }, vae.read), 'moments');
  };
}

function output(results: Awaited<ReturnType<typeof evaluateGraph>>, name: string): Video {
  const result = results.get(name);
  if (result === undefined || !(result.data instanceof Float32Array)) throw new Error(`the graph has no float output ${name}`);
  const [batch, channels, frames, rows, columns] = result.shape;
  return { shape: [batch, channels, frames, rows, columns], data: result.data };
}
