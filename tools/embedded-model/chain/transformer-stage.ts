import { Tracer, type Graph } from '../../../src/graph';
import {
  compressionRatios,
  ltxTransformer,
  ltxTransformerRotaryTable,
  parameterNames,
  textEncoder,
  timestepInput,
} from '../../../src/models';
import { drawNormal, drawUniform, sampleTimesteps, trainingNames, type MicroBatch } from '../../../src/training';
import { wordsTokenizer } from '../../../src/text';
import { captionOf, worldVocabulary } from '../world/captions';
import { Draws } from '../world/draws';
import { sceneOfSeed } from '../world/scene';
import { positionTable } from './initial-weights';
import { normalisedLatents, readLatents, type LatentSet } from './latent-stage';
import { latentGrid, type ChainPlan } from './plan';
import { runTraining, type Workplace } from './stage';

/** Scopes of the two models' parameters. */
export const jointScopes = { text: 'text', transformer: 'transformer' } as const;
const emptyShare = 0.1;
const unknownShare = 0.15;
const evenShare = 0.1;
/** How much more a token counts that an object touches. */
const touchedWeight = 1;
const end = 1;
const unknown = 2;

/**
 * Text encoder and transformer as one graph, so that both learn: `input_ids` [B, M], `hidden_states` [B, N, C], `timestep_sinusoid` [B, 1, 256]
 * and `encoder_attention_mask` [B, M] to `velocity` [B, N, C]. As in the reference's pipeline the text encoder sees padding too.
 */
export function jointGraph(plan: ChainPlan, batch: number): Graph {
  const { transformer, text, textLength, vae, frameRate } = plan;
  const [frames, height, width] = latentGrid(plan);
  const tokens = frames * height * width;
  const { spatial, temporal } = compressionRatios(vae.config);
  const table = ltxTransformerRotaryTable(transformer.config, {
    frames,
    height,
    width,
    ropeInterpolationScale: [temporal / frameRate, spatial, spatial],
  });
  const tracer = new Tracer({ dtype: 'f32' });
  const inputIds = tracer.input('input_ids', [batch, textLength], 'i32');
  const hiddenStates = tracer.input('hidden_states', [batch, tokens, transformer.config.in_channels], 'f32');
  const timestepSinusoid = tracer.input('timestep_sinusoid', [batch, 1, 256], 'f32');
  const encoderAttentionMask = tracer.input('encoder_attention_mask', [batch, textLength], 'f32');
  const [rotaryCos, rotarySin] = [tracer.constant(table.cos, table.shape, 'f32'), tracer.constant(table.sin, table.shape, 'f32')];
  const encoderHiddenStates = tracer.scope(jointScopes.text, () => textEncoder(tracer, text.config, { inputIds }));
  const velocity = tracer.scope(jointScopes.transformer, () =>
    ltxTransformer(tracer, transformer.config, {
      hiddenStates,
      encoderHiddenStates,
      timestepSinusoid,
      encoderAttentionMask,
      rotaryCos,
      rotarySin,
    }),
  );
  tracer.output('velocity', velocity);
  return tracer.finish();
}

/** Token ids of a caption, padded; some captions have a word that nobody knows. */
function idsOf(caption: string, length: number, draws: Draws): Int32Array {
  const ids = wordsTokenizer(worldVocabulary(), length).encode(caption);
  if (ids.length > 0 && ids.length < length - 1 && draws.uniform() < unknownShare) ids.splice(draws.below(ids.length), 0, unknown);
  const padded = new Int32Array(length);
  padded.set([...ids.slice(0, length - 1), end]);
  return padded;
}

/** Flow matching: noisy latents at a level s between 0 and 1 are (1 - s) latents + s noise, and noise - latents is to be predicted. */
function transformerBatch(plan: ChainPlan, latents: LatentSet, seed: number, step: number): MicroBatch {
  const { batch } = plan.transformerTraining;
  const { tokens, channels } = latents;
  const size = tokens * channels;
  const key = { seed, step };
  const noise = drawNormal(key, 'noise', batch * size);
  const logistic = sampleTimesteps({ type: 'logit_normal', mean: 0.5, std: 1 }, batch, tokens, key);
  const even = drawUniform(key, 'timestepMix', 2 * batch);
  const levels = logistic.map((level, k) => (even[2 * k] < evenShare ? even[2 * k + 1] : level));
  const noisy = new Float32Array(batch * size);
  const target = new Float32Array(batch * size);
  const weight = new Float32Array(batch * tokens);
  const ids = new Int32Array(batch * plan.textLength);
  const draws = new Draws(seed + step, 4);
  for (let k = 0; k < batch; k++) {
    const clip = draws.below(latents.clips);
    normalisedLatents(latents, clip).forEach((value, j) => {
      const drawn = noise[k * size + j];
      noisy[k * size + j] = (1 - levels[k]) * value + levels[k] * drawn;
      target[k * size + j] = drawn - value;
    });
    for (let token = 0; token < tokens; token++) weight[k * tokens + token] = 1 + touchedWeight * latents.touched[clip * tokens + token];
    const caption = draws.uniform() < emptyShare ? '' : captionOf(sceneOfSeed(clip, { heldOut: false }), draws);
    ids.set(idsOf(caption, plan.textLength, draws), k * plan.textLength);
  }
  return {
    inputs: {
      input_ids: ids,
      hidden_states: noisy,
      timestep_sinusoid: timestepInput(levels.map((level) => 1000 * level)),
      encoder_attention_mask: Float32Array.from(ids, (id) => (id === 0 ? 0 : 1)),
      [trainingNames.target]: target,
      [trainingNames.lossWeight]: weight,
    },
  };
}

/** Trains text encoder and transformer together on the folder's latents. @returns whether it is done */
export async function trainTransformer(plan: ChainPlan, workplace: Workplace): Promise<boolean> {
  const latents = await readLatents(plan, workplace.folder);
  const { batch } = plan.transformerTraining;
  const model = jointGraph(plan, batch);
  return runTraining(
    {
      name: 'transformer',
      plan: plan.transformerTraining,
      model,
      loss: { prediction: 'velocity', lossWeight: [batch, latents.tokens, 1] },
      trainable: parameterNames(model).filter((name) => !name.endsWith(positionTable)),
      batchAt: (step) => transformerBatch(plan, latents, workplace.seed, step),
    },
    workplace,
  );
}
