/**
 * Writes an LTX-Video model of random weights, small enough for any machine, as a folder in diffusers layout without a text encoder: the
 * reference cases' models, whose transformer is made to read captions of another width. For tests, and to try other text encoders by hand.
 *
 *   node tools/tiny-ltx/write-folder.mjs FOLDER [CAPTION_CHANNELS [VAE_CASE]]
 *
 * VAE_CASE is a folder of fixtures: golden/ltx_vae_095, whose decoder takes a timestep, or models/train_vae, which can be trained.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withSources } from '../with-sources.mjs';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const readCase = (name, file) => readFileSync(join(fixtures, name, file));
const configOf = (name) => JSON.parse(readCase(name, 'config.json'));

const weightsFile = 'diffusion_pytorch_model.safetensors';
const captionWeight = 'caption_projection.linear_1.weight';
const transformerCase = 'golden/ltx_transformer';

/** Width of the states of fixtures/onnx-encoder. */
const usualWidth = 32;

function writeJson(folder, name, value) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
}

/** Writes the model to a folder, which is made. */
export async function writeTinyLtx(folder, captionChannels = usualWidth, vaeCase = 'golden/ltx_vae_095') {
  const vae = configOf(vaeCase);
  const channels = vae.latent_channels;
  const transformer = { ...configOf(transformerCase), caption_channels: captionChannels, in_channels: channels, out_channels: channels };
  const { scheduler } = configOf('golden/ltx_pipeline_t2v');
  writeJson(join(folder, 'transformer'), 'config.json', { _class_name: 'LTXVideoTransformer3DModel', ...transformer });
  writeJson(join(folder, 'vae'), 'config.json', { _class_name: 'AutoencoderKLLTXVideo', ...vae });
  writeJson(join(folder, 'scheduler'), 'scheduler_config.json', scheduler);
  writeJson(folder, 'model_index.json', {
    _class_name: 'LTXPipeline',
    scheduler: ['diffusers', 'FlowMatchEulerDiscreteScheduler'],
    transformer: ['diffusers', 'LTXVideoTransformer3DModel'],
    vae: ['diffusers', 'AutoencoderKLLTXVideo'],
    _aiprod: { width: 64, height: 64, numFrames: 9, frameRate: 25, steps: 2, guidanceScale: 3, maxSequenceLength: 16 },
  });
  await withSources(async (load) => {
    const { randomNormal } = await load('src/numeric/random.ts');
    const { bytesOf, memorySource, openSafetensors, writeSafetensors } = await load('src/weights/index.ts');
    const tensorsOf = async (name) => {
      const file = await openSafetensors(memorySource(readCase(name, 'weights.safetensors')));
      return new Map(await Promise.all([...file.tensors.keys()].map(async (key) => [key, await file.readTensor(key)])));
    };
    const tensors = await tensorsOf(transformerCase);
    // A case of training has no statistics of latents.
    const statistic = (value) => ({ dtype: 'F32', shape: [channels], bytes: bytesOf(new Float32Array(channels).fill(value)) });
    const ofVae = new Map([['latents_mean', statistic(0)], ['latents_std', statistic(1)], ...(await tensorsOf(vaeCase))]);
    writeFileSync(join(folder, 'vae', weightsFile), writeSafetensors(ofVae));
    // What depends on the width of captions, and on the channels of latents.
    const [inner] = tensors.get(captionWeight).shape;
    const random = (stream, shape) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = randomNormal(7, stream, count).map((value) => value / Math.sqrt(shape.at(-1)));
      return { dtype: 'F32', shape, bytes: bytesOf(values) };
    };
    tensors.set(captionWeight, random(0, [inner, captionChannels]));
    if (channels !== configOf(transformerCase).in_channels) {
      tensors.set('proj_in.weight', random(1, [inner, channels]));
      tensors.set('proj_out.weight', random(2, [channels, inner]));
      tensors.set('proj_out.bias', random(3, [channels]));
    }
    writeFileSync(join(folder, 'transformer', weightsFile), writeSafetensors(tensors));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder, captionChannels = String(usualWidth), vaeCase] = process.argv.slice(2);
  if (folder === undefined) throw new Error('usage: node tools/tiny-ltx/write-folder.mjs FOLDER [CAPTION_CHANNELS [VAE_CASE]]');
  await writeTinyLtx(folder, Number(captionChannels), vaeCase);
}
