/**
 * Writes a Wan 2.1 model of random weights, small enough for any machine, as a folder in diffusers layout: the reference cases' models, and
 * a text encoder that fits them. For tests, and to try the pipelines by hand.
 *
 *   node tools/tiny-wan/write-folder.mjs FOLDER [image-to-video] [TEXT_DIM]
 *
 * With a width of the text's states there is no text encoder: another of that width is to be tried.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withSources } from '../with-sources.mjs';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** Parts that cases hold: folder and file of the weights, the component of its configuration, class. */
const vae = ['golden/wan_vae', 'weights.safetensors', undefined, 'AutoencoderKLWan'];
const partsOf = {
  'text-to-video': { transformer: ['golden/wan_transformer', 'weights.safetensors', undefined, 'WanTransformer3DModel'], vae },
  'image-to-video': {
    transformer: ['models/wan_pipeline_i2v', 'weights_transformer.safetensors', 'transformer', 'WanTransformer3DModel'],
    vae,
    image_encoder: ['models/clip_vision', 'weights.safetensors', undefined, 'CLIPVisionModel'],
  },
};

/** As wide as the transformers read. */
const umt5 = { model_type: 'umt5', vocab_size: 16, d_model: 24, d_kv: 8, d_ff: 32, num_layers: 2, num_heads: 2 };

const scheduler = { prediction_type: 'flow_prediction', use_flow_sigmas: true, num_train_timesteps: 1000, flow_shift: 3 };
const settings = { width: 48, height: 32, numFrames: 9, frameRate: 16, steps: 2, guidanceScale: 5, maxSequenceLength: 512 };
const words = ['<pad>', '</s>', '<unk>', 'a', 'ball', 'bounces', 'drum', 'rings'];

function writeJson(folder, name, value) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
}

/** Writes the model to a folder, which is made. */
export async function writeTinyWan(folder, kind = 'text-to-video', textDim = umt5.d_model) {
  const parts = partsOf[kind];
  for (const [part, [name, weights, component, className]] of Object.entries(parts)) {
    const config = JSON.parse(readFileSync(join(fixtures, name, 'config.json'), 'utf8'));
    const own = component === undefined ? config : config[component];
    writeJson(join(folder, part), 'config.json', {
      _class_name: className,
      ...own,
      ...(part === 'transformer' ? { text_dim: textDim } : {}),
    });
    const file = part === 'image_encoder' ? 'model.safetensors' : 'diffusion_pytorch_model.safetensors';
    copyFileSync(join(fixtures, name, weights), join(folder, part, file));
  }
  const ownEncoder = textDim === umt5.d_model;
  if (ownEncoder) writeJson(join(folder, 'text_encoder'), 'config.json', { architectures: ['UMT5EncoderModel'], ...umt5 });
  writeJson(join(folder, 'scheduler'), 'scheduler_config.json', scheduler);
  writeJson(join(folder, 'tokenizer'), 'tokenizer_config.json', { model_max_length: settings.maxSequenceLength });
  writeJson(join(folder, 'tokenizer'), 'vocab.json', words);
  writeJson(folder, 'model_index.json', {
    _class_name: kind === 'image-to-video' ? 'WanImageToVideoPipeline' : 'WanPipeline',
    // Other encoders may have few places for tokens.
    _aiprod: { ...settings, ...(ownEncoder ? {} : { maxSequenceLength: 16 }) },
    ...(ownEncoder ? { text_encoder: ['transformers', 'UMT5EncoderModel'] } : {}),
    tokenizer: ['transformers', 'T5TokenizerFast'],
    scheduler: ['diffusers', 'UniPCMultistepScheduler'],
    ...Object.fromEntries(
      Object.entries(parts).map(([part, [, , , className]]) => [
        part,
        [part === 'image_encoder' ? 'transformers' : 'diffusers', className],
      ]),
    ),
  });
  await withSources(async (load) => {
    const { buildTextEncoderGraph, parameterShapes, parseTextEncoderConfig } = await load('src/models/index.ts');
    const { randomNormal } = await load('src/numeric/random.ts');
    const { bytesOf, memorySource, openSafetensors, writeSafetensors } = await load('src/weights/index.ts');
    if (!ownEncoder) {
      await widenText(join(folder, 'transformer', 'diffusion_pytorch_model.safetensors'));
      return;
    }
    const { graph } = buildTextEncoderGraph(parseTextEncoderConfig(umt5), { batch: 1, length: 8, masked: true });
    const tensors = new Map();
    for (const [name, shape] of parameterShapes(graph)) {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = randomNormal(7, tensors.size, count).map((value) => value / Math.sqrt(shape.at(-1)));
      tensors.set(name, { dtype: 'F32', shape, bytes: bytesOf(values) });
    }
    writeFileSync(join(folder, 'text_encoder', 'model.safetensors'), writeSafetensors(tensors));

    /** The layer that reads the text, made anew for its width. */
    async function widenText(path) {
      const file = await openSafetensors(memorySource(readFileSync(path)));
      const read = await Promise.all([...file.tensors.keys()].map(async (name) => [name, await file.readTensor(name)]));
      const all = new Map(read);
      const layer = 'condition_embedder.text_embedder.linear_1.weight';
      const [inner] = all.get(layer).shape;
      const values = randomNormal(8, 0, inner * textDim).map((value) => value / Math.sqrt(textDim));
      all.set(layer, { dtype: 'F32', shape: [inner, textDim], bytes: bytesOf(values) });
      writeFileSync(path, writeSafetensors(all));
    }
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder, kind, textDim] = process.argv.slice(2);
  if (folder === undefined) throw new Error('usage: node tools/tiny-wan/write-folder.mjs FOLDER [image-to-video] [TEXT_DIM]');
  await writeTinyWan(folder, kind, textDim === undefined ? undefined : Number(textDim));
}
