import { elementCount } from '../../../src/graph';
import { parameterNames } from '../../../src/models';
import { drawNormal, latentShape, vaeLossInputs, vaeTrainingGraph, vaeTrainingNames, type MicroBatch } from '../../../src/training';
import { Draws } from '../world/draws';
import { renderScene, type Clip, type ClipSize } from '../world/render';
import { sceneOfSeed } from '../world/scene';
import { vaeLossAt, type ChainPlan, type VaePhase } from './plan';
import { runTraining, type BatchInputs, type Workplace } from './stage';

/** Seeds of the scenes that the autoencoder sees, each once; below are those of the transformer. */
const firstScene = 2 ** 32;
/** How much more than the background counts what is at most three pixels from an object, and what is inside. */
const [nearWeight, insideWeight] = [3, 4];
const nearReach = 3;

/** A part of a clip near an object, or the whole of it. */
export function windowOf(clip: Clip, { frames, size }: ClipSize, draws: Draws): Clip {
  if (frames === clip.frames && size === clip.size) return clip;
  const area = clip.size ** 2;
  // A quarter begins where clips begin: the first frame is encoded alone.
  const from = draws.uniform() < 0.25 ? 0 : draws.below(clip.frames - frames + 1);
  const look = from + draws.below(frames);
  const covered: number[] = [];
  for (let k = 0; k < area; k++) if (clip.cover[look * area + k] > 60) covered.push(k);
  const centre = covered.length === 0 ? Math.floor(area / 2 + clip.size / 2) : draws.pick(covered);
  const place = (middle: number): number =>
    Math.min(clip.size - size, Math.max(0, Math.round(middle - size / 2 + draws.between(-1, 1) * (size / 3))));
  const [top, left] = [place(Math.floor(centre / clip.size)), place(centre % clip.size)];
  const pixels = new Uint8Array(frames * size * size * 3);
  const cover = new Uint8Array(frames * size * size);
  for (let frame = 0; frame < frames; frame++) {
    for (let row = 0; row < size; row++) {
      const source = (from + frame) * area + (top + row) * clip.size + left;
      const target = (frame * size + row) * size;
      pixels.set(clip.pixels.subarray(3 * source, 3 * (source + size)), 3 * target);
      cover.set(clip.cover.subarray(source, source + size), target);
    }
  }
  return { frames, size, pixels, cover };
}

/** Puts a clip as [3, F, H, W], -1 to 1, into place `index` of a batch. */
export function putVideo(video: Float32Array, index: number, { frames, size, pixels }: Clip): void {
  const count = frames * size * size;
  for (let channel = 0; channel < 3; channel++) {
    const at = (index * 3 + channel) * count;
    for (let k = 0; k < count; k++) video[at + k] = pixels[3 * k + channel] / 127.5 - 1;
  }
}

/** The largest value within reach of each place, along one direction of a grid. Few places are covered, so that each spreads its own. */
function widened(values: Float32Array, size: number, stride: number): Float32Array {
  const most = new Float32Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    if (value === 0) continue;
    const place = Math.floor(k / stride) % size;
    const last = k + Math.min(nearReach, size - 1 - place) * stride;
    for (let at = k - Math.min(nearReach, place) * stride; at <= last; at += stride) if (most[at] < value) most[at] = value;
  }
  return most;
}

/** Weight of each pixel's error: objects are a small part of a clip, and holes and rims are what tells shapes apart. */
export function pixelWeights({ size, cover }: Clip): Float32Array {
  const inside = new Float32Array(cover.length);
  for (let k = 0; k < cover.length; k++) inside[k] = cover[k] / 255;
  const weights = widened(widened(inside, size, 1), size, size);
  for (let k = 0; k < weights.length; k++) weights[k] = 1 + nearWeight * weights[k] + insideWeight * inside[k];
  return weights;
}

function phaseAt(plan: ChainPlan, step: number): VaePhase {
  const { phases, steps } = plan.vaeTraining;
  return phases.findLast(({ from }) => step >= from * steps) ?? phases[0];
}

function vaeBatch(plan: ChainPlan, seed: number, step: number): MicroBatch {
  const { batch, window } = phaseAt(plan, step);
  const size = { batch, frames: window.frames, height: window.size, width: window.size };
  const count = window.frames * window.size ** 2;
  const video = new Float32Array(batch * 3 * count);
  const weight = new Float32Array(batch * count);
  for (let index = 0; index < batch; index++) {
    const sceneSeed = firstScene + step * 64 + index;
    const scene = sceneOfSeed(sceneSeed, { heldOut: false });
    const clip = windowOf(renderScene(scene, plan.clip), window, new Draws(sceneSeed, 3));
    putVideo(video, index, clip);
    weight.set(pixelWeights(clip), index * count);
  }
  const inputs: BatchInputs = {
    [vaeTrainingNames.video]: video,
    [vaeTrainingNames.weight]: weight,
    [vaeTrainingNames.noise]: drawNormal({ seed, step }, 'noise', elementCount(latentShape(plan.vae.config, size))),
    ...vaeLossInputs(vaeLossAt(step / plan.vaeTraining.steps)),
  };
  const graph = () => vaeTrainingGraph(plan.vae.config, { ...size, weighted: true });
  return { inputs, shapes: { key: `${batch} x ${window.frames} x ${window.size}`, graph } };
}

/** Trains the autoencoder on scenes that come once. @returns whether it is done */
export async function trainVae(plan: ChainPlan, workplace: Workplace): Promise<boolean> {
  const { batch, window } = phaseAt(plan, 0);
  const model = vaeTrainingGraph(plan.vae.config, {
    batch,
    frames: window.frames,
    height: window.size,
    width: window.size,
    weighted: true,
  });
  return runTraining(
    {
      name: 'vae',
      plan: plan.vaeTraining,
      model,
      loss: { loss: (_, output) => output(vaeTrainingNames.loss) },
      trainable: parameterNames(model),
      batchAt: (step) => vaeBatch(plan, workplace.seed, step),
    },
    workplace,
  );
}
