import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { goldenFolder } from '../../golden/testing';
import { parameterShapes, buildVocoderGraph } from '../../models';
import { blobFileTree, type FileTree } from '../../weights';
import { openAudioModels } from './open-audio-models';

type Files = Record<string, string | Uint8Array<ArrayBuffer>>;

/** A folder of LTX-2 made of reference cases. */
async function folder(vocoder: string, changes: Record<string, string | undefined> = {}): Promise<FileTree> {
  const files: Files = {};
  for (const [part, name] of [['audio_vae', 'ltx2_audio_vae'] as const, ['vocoder', vocoder] as const]) {
    const read = (file: string): Promise<Buffer> => readFile(new URL(file, goldenFolder(name)));
    files[`${part}/config.json`] = (await read('config.json')).toString();
    files[`${part}/diffusion_pytorch_model.safetensors`] = new Uint8Array(await read('weights.safetensors'));
  }
  const blobs = Object.entries<string | Uint8Array<ArrayBuffer> | undefined>({ ...files, ...changes });
  return blobFileTree(
    'tiny',
    new Map(blobs.flatMap(([path, content]) => (content === undefined ? [] : [[path, new Blob([content])] as const]))),
  );
}

test.each([
  ['ltx2_vocoder', 24000],
  ['ltx2_vocoder_bwe', 48000],
])('a folder with %s opens, and its weights are those that the graphs read', async (vocoder, rate) => {
  const models = await openAudioModels(await folder(vocoder), 'tiny');
  expect(models.vocoder.config.sampleRate).toBe(rate);
  expect((await models.vae.read('latents_mean')).length).toBe(16);
  await models.vocoder.check(parameterShapes(buildVocoderGraph(models.vocoder.config, { batch: 1, channels: 2, frames: 4 }).graph));
  await models.close();
});

const config = (fields: object): string => JSON.stringify(fields);

test.each([
  ['another class', { 'vocoder/config.json': config({ _class_name: 'BigVGAN' }) }, /expected LTX2Vocoder.*found "BigVGAN"/],
  ['a vocoder of another model', { 'vocoder/config.json': config({ in_channels: 128 }) }, /expected 32 input channels; found 128/],
  ['no vocoder', { 'vocoder/config.json': undefined }, /tiny\/vocoder: .*no vocoder\/config.json/],
  ['no weights', { 'audio_vae/diffusion_pytorch_model.safetensors': undefined }, /audio_vae/],
  ['a strange norm', { 'audio_vae/config.json': config({ norm_type: 'layer' }) }, /norm_type/],
  ['a causal group norm', { 'audio_vae/config.json': config({ norm_type: 'group' }) }, /norm_type 'pixel'/],
] as const)('%s is refused in words', async (_, changes, words) => {
  await expect(openAudioModels(await folder('ltx2_vocoder', changes), 'tiny')).rejects.toThrow(words);
});
