/**
 * Writes an LTX-2 model of random weights, small enough for any machine, as a folder in diffusers layout: the reference cases' models, and
 * a text encoder that fits them; with `latent_upsampler`, for two stages. For tests, and to try the pipelines by hand.
 *
 *   node tools/tiny-ltx2/write-folder.mjs FOLDER [LAYERS]
 *
 * LAYERS repeats the transformer's two blocks until there are so many, for what needs a transformer larger than the other parts.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withSources } from '../with-sources.mjs';

const cases = fileURLToPath(new URL('../../fixtures/golden/', import.meta.url));

/** Parts that reference cases hold, and their classes. */
const parts = {
  transformer: ['ltx2_transformer_20', 'LTX2VideoTransformer3DModel'],
  vae: ['ltx2_vae', 'AutoencoderKLLTX2Video'],
  audio_vae: ['ltx2_audio_vae', 'AutoencoderKLLTX2Audio'],
  vocoder: ['ltx2_vocoder', 'LTX2Vocoder'],
  connectors: ['ltx2_connectors_20', 'LTX2TextConnectors'],
};

const upsamplerCase = fileURLToPath(new URL('../../fixtures/models/ltx2_pipeline_two_stage/', import.meta.url));

/** As wide as the connectors read, with one layer less than they have states. */
const gemma = {
  vocab_size: 16,
  hidden_size: 24,
  intermediate_size: 32,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  head_dim: 8,
  sliding_window: 8,
  layer_types: ['sliding_attention', 'sliding_attention', 'full_attention'],
  query_pre_attn_scalar: 8,
};

const scheduler = {
  num_train_timesteps: 1000,
  use_dynamic_shifting: true,
  base_shift: 0.95,
  max_shift: 2.05,
  base_image_seq_len: 1024,
  max_image_seq_len: 4096,
  shift_terminal: 0.1,
};

const words = ['<pad>', '</s>', '<unk>', 'a', 'ball', 'bounces', 'drum', 'rings'];

function writeJson(folder, name, value) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
}

/** Writes the model to a folder, which is made. */
export async function writeTinyLtx2(folder, layers = 2) {
  for (const [part, [name, className]] of Object.entries(parts)) {
    const config = JSON.parse(readFileSync(join(cases, name, 'config.json'), 'utf8'));
    writeJson(join(folder, part), 'config.json', { _class_name: className, ...config });
    copyFileSync(join(cases, name, 'weights.safetensors'), join(folder, part, 'diffusion_pytorch_model.safetensors'));
  }
  const { upsampler } = JSON.parse(readFileSync(join(upsamplerCase, 'config.json'), 'utf8'));
  writeJson(join(folder, 'latent_upsampler'), 'config.json', { _class_name: 'LTX2LatentUpsamplerModel', ...upsampler });
  copyFileSync(
    join(upsamplerCase, 'weights_upsampler.safetensors'),
    join(folder, 'latent_upsampler', 'diffusion_pytorch_model.safetensors'),
  );
  writeJson(join(folder, 'text_encoder'), 'config.json', { architectures: ['Gemma3TextModel'], ...gemma });
  writeJson(join(folder, 'scheduler'), 'scheduler_config.json', scheduler);
  writeJson(join(folder, 'tokenizer'), 'tokenizer_config.json', { model_max_length: 64 });
  writeJson(join(folder, 'tokenizer'), 'vocab.json', words);
  writeJson(folder, 'model_index.json', {
    _class_name: 'LTX2Pipeline',
    text_encoder: ['transformers', 'Gemma3TextModel'],
    tokenizer: ['transformers', 'GemmaTokenizerFast'],
    scheduler: ['diffusers', 'FlowMatchEulerDiscreteScheduler'],
    ...Object.fromEntries(Object.entries(parts).map(([part, [, className]]) => [part, ['diffusers', className]])),
  });
  await withSources(async (load) => {
    const { buildGemma3Graph, parameterShapes, parseGemma3Config } = await load('src/models/index.ts');
    const { randomNormal } = await load('src/numeric/random.ts');
    const { bytesOf, memorySource, openSafetensors, writeSafetensors } = await load('src/weights/index.ts');
    await repeatBlocks(join(folder, 'transformer'), layers, { memorySource, openSafetensors, writeSafetensors });
    const { graph } = buildGemma3Graph(parseGemma3Config(gemma), { batch: 1, length: 8 });
    const tensors = new Map();
    for (const [name, shape] of parameterShapes(graph)) {
      const count = shape.reduce((product, size) => product * size, 1);
      const values = randomNormal(7, tensors.size, count).map((value) => value / Math.sqrt(shape.at(-1)));
      tensors.set(name, { dtype: 'F32', shape, bytes: bytesOf(values) });
    }
    writeFileSync(join(folder, 'text_encoder', 'model.safetensors'), writeSafetensors(tensors));
  });
}

/** Gives the transformer in a folder `layers` blocks: copies of those that it has. */
async function repeatBlocks(folder, layers, { memorySource, openSafetensors, writeSafetensors }) {
  const configPath = join(folder, 'config.json');
  const config = JSON.parse(readFileSync(configPath, 'utf8'));
  if (layers === config.num_layers) return;
  const path = join(folder, 'diffusion_pytorch_model.safetensors');
  const file = await openSafetensors(memorySource(readFileSync(path), path));
  const tensors = new Map();
  for (const [name, { dtype, shape }] of file.tensors) {
    const { bytes } = await file.readTensor(name);
    const block = /^(transformer_blocks\.)(\d+)(\..*)$/.exec(name);
    if (block === null) tensors.set(name, { dtype, shape, bytes });
    for (let at = Number(block?.[2] ?? layers); at < layers; at += config.num_layers) {
      tensors.set(`${block[1]}${at}${block[3]}`, { dtype, shape, bytes });
    }
  }
  writeFileSync(path, writeSafetensors(tensors));
  writeFileSync(configPath, `${JSON.stringify({ ...config, num_layers: layers }, null, 1)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder, layers] = process.argv.slice(2);
  if (folder === undefined) throw new Error('usage: node tools/tiny-ltx2/write-folder.mjs FOLDER [LAYERS]');
  await writeTinyLtx2(folder, layers === undefined ? undefined : Number(layers));
}
