/**
 * Writes an LTX-Video model of random weights, small enough for any machine, as a folder in diffusers layout without a text encoder: the
 * reference cases' models, whose transformer is made to read captions of another width. For tests, and to try other text encoders by hand.
 *
 *   node tools/tiny-ltx/write-folder.mjs FOLDER [CAPTION_CHANNELS]
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withSources } from '../with-sources.mjs';

const cases = fileURLToPath(new URL('../../fixtures/golden/', import.meta.url));
const readCase = (name, file) => readFileSync(join(cases, name, file));

const weightsFile = 'diffusion_pytorch_model.safetensors';
/** What depends on the width of captions. */
const captionWeight = 'caption_projection.linear_1.weight';

/** Width of the states of fixtures/onnx-encoder. */
const usualWidth = 32;

function writeJson(folder, name, value) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
}

/** Writes the model to a folder, which is made. */
export async function writeTinyLtx(folder, captionChannels = usualWidth) {
  const transformer = { ...JSON.parse(readCase('ltx_transformer', 'config.json')), caption_channels: captionChannels };
  const vae = JSON.parse(readCase('ltx_vae_095', 'config.json'));
  const { scheduler } = JSON.parse(readCase('ltx_pipeline_t2v', 'config.json'));
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
  copyFileSync(join(cases, 'ltx_vae_095', 'weights.safetensors'), join(folder, 'vae', weightsFile));
  await withSources(async (load) => {
    const { randomNormal } = await load('src/numeric/random.ts');
    const { bytesOf, memorySource, openSafetensors, writeSafetensors } = await load('src/weights/index.ts');
    const file = await openSafetensors(memorySource(readCase('ltx_transformer', 'weights.safetensors')));
    const tensors = new Map();
    for (const name of file.tensors.keys()) {
      const { dtype, shape, bytes } = await file.readTensor(name);
      tensors.set(name, { dtype, shape, bytes });
    }
    const [inner] = tensors.get(captionWeight).shape;
    const values = randomNormal(7, 0, inner * captionChannels).map((value) => value / Math.sqrt(captionChannels));
    tensors.set(captionWeight, { dtype: 'F32', shape: [inner, captionChannels], bytes: bytesOf(values) });
    writeFileSync(join(folder, 'transformer', weightsFile), writeSafetensors(tensors));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder, captionChannels = String(usualWidth)] = process.argv.slice(2);
  if (folder === undefined) throw new Error('usage: node tools/tiny-ltx/write-folder.mjs FOLDER [CAPTION_CHANNELS]');
  await writeTinyLtx(folder, Number(captionChannels));
}
