import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compileGraph, ParameterStore, ProgramInstance } from '../../../src/graph';
import { buildVaeEncoderGraph, posteriorMode } from '../../../src/models';
import { floatToHalfArray, halfToFloatArray } from '../../../src/numeric/half';
import { writeWhole } from '../../../src/pipelines/node';
import { bytesOf, writeSafetensors, type TensorToWrite } from '../../../src/weights';
import { renderScene, type Clip } from '../world/render';
import { sceneOfSeed } from '../world/scene';
import { latentGrid, type ChainPlan } from './plan';
import { fileExists, weightsPath, type Workplace } from './stage';
import { openTensors, readerOf, readWeights } from './tensor-files';
import { putVideo } from './vae-stage';

/** Clips of one file, and of one pass. */
const [clipsOfFile, clipsOfPass] = [64, 4];
/** Cover from which on an object touches a token. */
const touchingCover = 40;

/** Latents of clips 0, 1, ...: the scenes of those seeds. */
export interface LatentSet {
  readonly clips: number;
  readonly tokens: number;
  readonly channels: number;
  /** [clips, tokens, channels], halves, in the autoencoder's own units. */
  readonly halves: Uint16Array;
  /** [clips, tokens]: 1 where an object touches a token. */
  readonly touched: Uint8Array;
  /** Of each channel over all clips. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** Which tokens an object touches: the first frame has tokens of its own, then come some frames each. */
export function touchedTokens({ frames, size, cover }: Clip, [latentFrames, rows]: readonly [number, number, number]): Uint8Array {
  const touched = new Uint8Array(latentFrames * rows * rows);
  const ratio = size / rows;
  const temporal = latentFrames === 1 ? 1 : (frames - 1) / (latentFrames - 1);
  for (let k = 0; k < cover.length; k++) {
    if (cover[k] <= touchingCover) continue;
    const frame = Math.ceil(Math.floor(k / (size * size)) / temporal);
    const [row, column] = [Math.floor((Math.floor(k / size) % size) / ratio), Math.floor((k % size) / ratio)];
    touched[(frame * rows + row) * rows + column] = 1;
  }
  return touched;
}

/** Encodes the scenes of seeds 0, 1, ... into files of the folder; those that are there stay. @returns whether all are there */
export async function encodeLatents(plan: ChainPlan, { folder, context, stops, log }: Workplace): Promise<boolean> {
  await mkdir(join(folder, 'latents'), { recursive: true });
  const { frames, size } = plan.clip;
  const grid = latentGrid(plan);
  const tokens = grid[0] * grid[1] * grid[2];
  const channels = plan.vae.config.latent_channels;
  const parameters = new ParameterStore(context, readerOf(await readWeights(weightsPath(folder, 'vae'))));
  try {
    const { graph } = buildVaeEncoderGraph(plan.vae.config, { batch: clipsOfPass, frames, height: size, width: size });
    const encoder = await ProgramInstance.create(compileGraph(graph, context), context, parameters);
    for (let first = 0; first < plan.latentClips; first += clipsOfFile) {
      const path = latentPath(folder, first);
      if (await fileExists(path)) continue;
      if (stops()) return false;
      const values = new Float32Array(clipsOfFile * tokens * channels);
      const touched = new Uint8Array(clipsOfFile * tokens);
      for (let pass = 0; pass < clipsOfFile; pass += clipsOfPass) {
        const video = new Float32Array(clipsOfPass * 3 * frames * size * size);
        for (let k = 0; k < clipsOfPass; k++) {
          const clip = renderScene(sceneOfSeed(first + pass + k, { heldOut: false }), plan.clip);
          putVideo(video, k, clip);
          touched.set(touchedTokens(clip, grid), (pass + k) * tokens);
        }
        const results = await encoder.run({ video });
        const moments = Float32Array.from(results.get('moments')?.data ?? []);
        const latents = posteriorMode({ shape: [clipsOfPass, 2 * channels, ...grid], data: moments }).data;
        for (let k = 0; k < clipsOfPass * tokens * channels; k++) {
          const [sample, channel, token] = [Math.floor(k / (tokens * channels)), Math.floor(k / tokens) % channels, k % tokens];
          values[((pass + sample) * tokens + token) * channels + channel] = latents[k];
        }
      }
      const tensors = new Map<string, TensorToWrite>([
        ['latents', { dtype: 'F16', shape: [clipsOfFile, tokens, channels], bytes: bytesOf(floatToHalfArray(values)) }],
        ['touched', { dtype: 'U8', shape: [clipsOfFile, tokens], bytes: touched }],
      ]);
      await writeWhole(path, writeSafetensors(tensors));
      log(`latents of ${first + clipsOfFile} of ${plan.latentClips} clips`);
    }
    encoder.destroy();
    return true;
  } finally {
    parameters.destroy();
  }
}

function latentPath(folder: string, first: number): string {
  return join(folder, 'latents', `${String(first).padStart(6, '0')}.safetensors`);
}

/** Reads what {@link encodeLatents} wrote, with the statistics of each channel. */
export async function readLatents(plan: ChainPlan, folder: string): Promise<LatentSet> {
  const [frames, rows, columns] = latentGrid(plan);
  const [tokens, channels] = [frames * rows * columns, plan.vae.config.latent_channels];
  const clips = Math.ceil(plan.latentClips / clipsOfFile) * clipsOfFile;
  const halves = new Uint16Array(clips * tokens * channels);
  const touched = new Uint8Array(clips * tokens);
  const [sum, squares] = [new Float64Array(channels), new Float64Array(channels)];
  for (let first = 0; first < clips; first += clipsOfFile) {
    const file = await openTensors(latentPath(folder, first));
    const { bytes } = await file.readTensor('latents');
    const part = new Uint16Array(bytes.slice().buffer);
    halves.set(part, first * tokens * channels);
    touched.set((await file.readTensor('touched')).bytes, first * tokens);
    halfToFloatArray(part).forEach((value, k) => {
      sum[k % channels] += value;
      squares[k % channels] += value * value;
    });
  }
  const mean = Float32Array.from(sum, (total) => total / (clips * tokens));
  const deviation = Float32Array.from(squares, (total, channel) =>
    Math.sqrt(Math.max(1e-6, total / (clips * tokens) - mean[channel] ** 2)),
  );
  return { clips, tokens, channels, halves, touched, mean, deviation };
}

/** Latents of one clip [tokens, channels], each channel of mean 0 and deviation 1. */
export function normalisedLatents({ tokens, channels, halves, mean, deviation }: LatentSet, clip: number): Float32Array {
  const values = halfToFloatArray(halves.slice(clip * tokens * channels, (clip + 1) * tokens * channels));
  return values.map((value, k) => (value - mean[k % channels]) / deviation[k % channels]);
}
