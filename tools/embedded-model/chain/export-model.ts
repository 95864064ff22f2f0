import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { floatToHalfArray } from '../../../src/numeric/half';
import { sha256 } from '../../../src/numeric/sha256';
import { writeWhole } from '../../../src/pipelines/node';
import { bytesOf, writeSafetensors, type TensorToWrite } from '../../../src/weights';
import { captionOf, worldVocabulary } from '../world/captions';
import { Draws } from '../world/draws';
import { heldOutScenes, type Scene } from '../world/scene';
import { readLatents } from './latent-stage';
import type { ChainPlan } from './plan';
import { weightsPath } from './stage';
import { readWeights, type Weights } from './tensor-files';
import { jointScopes } from './transformer-stage';

/** Prompts of triples that training never sees; their scenes' seeds are none of training's. */
export function heldOutPrompts(count: number): { readonly prompt: string; readonly scene: Scene }[] {
  return heldOutScenes(count, 2 ** 40).map((scene) => ({ prompt: captionOf(scene, new Draws(scene.seed, 2)), scene }));
}

function halves(weights: Weights): Map<string, TensorToWrite> {
  return new Map([...weights].map(([name, { shape, data }]) => [name, { dtype: 'F16', shape, bytes: bytesOf(floatToHalfArray(data)) }]));
}

/** Those of a scope, without its name. */
function scoped(weights: Weights, scope: string): Weights {
  const prefix = `${scope}.`;
  return new Map([...weights].flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value] as const] : [])));
}

/**
 * Writes what the chain made as a model folder in diffusers' layout, f16, each file aside and renamed, with its held-out prompts and
 * checksums.
 * @param work the chain's folder, whose stages are done
 */
export async function exportModel(plan: ChainPlan, work: string, folder: string): Promise<void> {
  const latents = await readLatents(plan, work);
  const vae = new Map([
    ...(await readWeights(weightsPath(work, 'vae'))),
    ['latents_mean', { shape: [latents.channels], data: latents.mean }] as const,
    ['latents_std', { shape: [latents.channels], data: latents.deviation }] as const,
  ]);
  const joint = await readWeights(weightsPath(work, 'transformer'));
  const { clip, frameRate, sampling, textLength } = plan;
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
  const tensors = (weights: Weights): Uint8Array => writeSafetensors(halves(weights), { format: 'pt' });
  const files = new Map<string, Uint8Array>([
    ['transformer/config.json', json(plan.transformer.json)],
    ['transformer/diffusion_pytorch_model.safetensors', tensors(scoped(joint, jointScopes.transformer))],
    ['vae/config.json', json(plan.vae.json)],
    ['vae/diffusion_pytorch_model.safetensors', tensors(vae)],
    ['text_encoder/config.json', json(plan.text.json)],
    ['text_encoder/model.safetensors', tensors(scoped(joint, jointScopes.text))],
    ['tokenizer/vocab.json', json(worldVocabulary())],
    [
      'tokenizer/tokenizer_config.json',
      json({
        tokenizer_class: 'WordsTokenizer',
        model_max_length: textLength,
        do_lower_case: true,
        pad_token: '<pad>',
        eos_token: '</s>',
        unk_token: '<unk>',
      }),
    ],
    [
      'scheduler/scheduler_config.json',
      json({
        _class_name: 'FlowMatchEulerDiscreteScheduler',
        num_train_timesteps: 1000,
        shift: sampling.shift,
        use_dynamic_shifting: false,
        shift_terminal: null,
        invert_sigmas: false,
      }),
    ],
    [
      'model_index.json',
      json({
        _class_name: 'LTXPipeline',
        scheduler: ['diffusers', 'FlowMatchEulerDiscreteScheduler'],
        text_encoder: ['transformers', 'T5EncoderModel'],
        tokenizer: [null, null],
        transformer: ['diffusers', 'LTXVideoTransformer3DModel'],
        vae: ['diffusers', 'AutoencoderKLLTXVideo'],
        _aiprod: {
          width: clip.size,
          height: clip.size,
          numFrames: clip.frames,
          frameRate,
          steps: sampling.steps,
          guidanceScale: sampling.guidance,
          shift: sampling.shift,
          maxSequenceLength: textLength,
        },
      }),
    ],
    ['heldout-prompts.json', json(heldOutPrompts(128).map(({ prompt, scene }) => ({ prompt, ...scene })))],
  ]);
  const sums = await Promise.all([...files].map(async ([name, bytes]) => `${await sha256(bytes)}  ${name}\n`));
  files.set('SHA256SUMS', new TextEncoder().encode(sums.join('')));
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeWhole(join(folder, name), bytes);
  }
}
