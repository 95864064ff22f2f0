import { join } from 'node:path';
import type { GpuContext } from '../../../src/gpu';
import { compileGraph, ParameterStore, ProgramInstance } from '../../../src/graph';
import { buildVaeDecoderGraph, buildVaeEncoderGraph, posteriorMode } from '../../../src/models';
import { createGenerator, openLtxModel } from '../../../src/pipelines';
import { writeWhole } from '../../../src/pipelines/node';
import { AiprodError } from '../../../src/errors';
import { openNodeFolder } from '../../../src/weights/node';
import { judge, scoreOf, type Score } from '../scoring/score';
import { contactSheet } from '../world/contact-sheet';
import { renderScene, type Clip } from '../world/render';
import { heldOutPrompts } from './export-model';
import { latentGrid, type ChainPlan } from './plan';
import { weightsPath, type Workplace } from './stage';
import { readerOf, readWeights } from './tensor-files';
import { putVideo } from './vae-stage';

const [shownClips, shownFrames] = [16, 9];

/** Clips with what was read from them. */
export interface Scored {
  readonly score: Score;
  readonly sheet: Uint8Array;
}

function scored(clips: readonly Clip[], prompts: ReturnType<typeof heldOutPrompts>): Scored {
  return {
    score: scoreOf(clips.map((clip, k) => judge(clip, prompts[k].scene))),
    sheet: contactSheet(clips.slice(0, shownClips), shownFrames, 2),
  };
}

/** Makes a model folder's clips of held-out prompts, seed k for clip k, as `aiprod generate` does, and scores them. */
export async function scoreModel(folder: string, count: number, context: GpuContext): Promise<Scored> {
  const prompts = heldOutPrompts(count);
  const model = await openLtxModel(await openNodeFolder(folder), 'embedded');
  const generator = createGenerator({
    generatorName: 'the embedded model’s training',
    acquire: async () => context,
    openModel: async () => model,
    // The frames are what is scored: no file is made of them.
    encode: async () => ({ bytes: new Uint8Array(0), mimeType: 'video/mp4', codec: 'none', extension: 'mp4' }),
  });
  const clips: Clip[] = [];
  try {
    for (const [seed, { prompt }] of prompts.entries()) {
      const made = await generator.generate({ prompt, seed }, () => undefined);
      if ('suspended' in made) throw new AiprodError('internal', 'a clip was suspended that nobody cancelled');
      const pixels = new Uint8Array((made.pixels.length / 4) * 3);
      for (let k = 0; k < pixels.length; k++) pixels[k] = made.pixels[4 * Math.floor(k / 3) + (k % 3)];
      clips.push({ frames: made.frameCount, size: made.width, pixels, cover: new Uint8Array(pixels.length / 3) });
    }
  } finally {
    await model.close();
  }
  return scored(clips, prompts);
}

/** What the autoencoder makes of true renders of held-out prompts: no model does better than that. */
export async function scoreReconstructions(
  plan: ChainPlan,
  count: number,
  { folder, context }: Workplace,
): Promise<Scored & { readonly psnr: number }> {
  const prompts = heldOutPrompts(count);
  const { config } = plan.vae;
  const { frames, size } = plan.clip;
  const grid = latentGrid(plan);
  const parameters = new ParameterStore(context, readerOf(await readWeights(weightsPath(folder, 'vae'))));
  try {
    const encoding = buildVaeEncoderGraph(config, { batch: 1, frames, height: size, width: size }).graph;
    const decoding = buildVaeDecoderGraph(config, { batch: 1, frames: grid[0], height: grid[1], width: grid[2] }).graph;
    const encoder = await ProgramInstance.create(compileGraph(encoding, context), context, parameters);
    const decoder = await ProgramInstance.create(compileGraph(decoding, context), context, parameters);
    let squares = 0;
    const clips: Clip[] = [];
    for (const { scene } of prompts) {
      const video = new Float32Array(3 * frames * size * size);
      putVideo(video, 0, renderScene(scene, plan.clip));
      const moments = Float32Array.from((await encoder.run({ video })).get('moments')?.data ?? []);
      const latents = posteriorMode({ shape: [1, 2 * config.latent_channels, ...grid], data: moments }).data;
      const decoded = (await decoder.run({ latents })).get('sample')?.data ?? new Float32Array(video.length);
      const count = frames * size * size;
      const pixels = Uint8Array.from({ length: 3 * count }, (_, k) =>
        Math.round(Math.min(255, Math.max(0, (decoded[(k % 3) * count + Math.floor(k / 3)] + 1) * 127.5))),
      );
      for (let k = 0; k < video.length; k++) squares += (Math.min(1, Math.max(-1, decoded[k])) - video[k]) ** 2 / video.length;
      clips.push({ frames, size, pixels, cover: new Uint8Array(count) });
    }
    encoder.destroy();
    decoder.destroy();
    return { ...scored(clips, prompts), psnr: 10 * Math.log10((4 * prompts.length) / squares) };
  } finally {
    parameters.destroy();
  }
}

/** Writes a score and its contact sheet into the chain's folder. */
export async function writeScored(folder: string, name: string, { sheet, ...figures }: Scored): Promise<void> {
  await writeWhole(join(folder, `${name}.png`), sheet);
  await writeWhole(join(folder, `${name}.json`), new TextEncoder().encode(`${JSON.stringify(figures, null, 1)}\n`));
}
