import { AiprodError } from '../../errors';
import {
  parseGemma3Config,
  parseLtx2AudioVaeConfig,
  parseLtx2ConnectorsConfig,
  parseLtx2TransformerConfig,
  parseLtx2VaeConfig,
  parseLtx2VocoderConfig,
} from '../../models';
import { openTokenizer } from '../../text';
import { gemma3Parameters, openModelFolder, parametersOf, type FileTree } from '../../weights';
import { assembleLtx2Model } from './assemble-ltx2-model';
import { folderSettings } from './own-settings';
import type { Ltx2Model } from './ltx2-model';

/** Classes of diffusers' pipelines that save an LTX-2 model. */
export const LTX2_PIPELINES = /^LTX2(Condition|ImageToVideo|InContext)?Pipeline$/;

/**
 * Opens an LTX-2 model from a folder in diffusers layout. Reads configs, tokenizer and headers; weights are read when a pipeline needs
 * them.
 *
 * @throws AiprodError `unsupported-model` when the folder holds another family, `bad-weights` when a part is missing or broken.
 */
export async function openLtx2Model(tree: FileTree, name: string): Promise<Ltx2Model> {
  const folder = await openModelFolder(tree);
  if (!LTX2_PIPELINES.test(folder.pipelineClass)) {
    throw new AiprodError('unsupported-model', `${name} is not a model that this pipeline runs`, {
      expected: 'an LTX-2 model (LTX2Pipeline)',
      found: folder.pipelineClass,
    });
  }
  const read = async <Config>(component: string, parse: (value: unknown, where: string) => Config): Promise<Config> =>
    parse(await folder.config(component), `${name}/${component}`);
  const [textEncoder, connectors, transformer, vae, audioVae, vocoder, scheduler, tokenizer] = await Promise.all([
    read('text_encoder', parseGemma3Config),
    read('connectors', parseLtx2ConnectorsConfig),
    read('transformer', parseLtx2TransformerConfig),
    read('vae', parseLtx2VaeConfig),
    read('audio_vae', parseLtx2AudioVaeConfig),
    read('vocoder', parseLtx2VocoderConfig),
    folder.config('scheduler'),
    openTokenizer({
      name: `${name}/tokenizer`,
      readText: (file) => folder.readText('tokenizer', file),
      readBytes: (file) => folder.readBytes('tokenizer', file),
    }),
  ]);
  return assembleLtx2Model({
    ...{ name, textEncoder, connectors, transformer, vae, audioVae, vocoder, tokenizer },
    distilled: /distill/i.test(name),
    settings: (usual) => folderSettings(folder, usual),
    scheduler: { className: folder.components.get('scheduler')?.className ?? 'FlowMatchEulerDiscreteScheduler', config: scheduler },
    async open(component) {
      const set = await folder.weights(component);
      const stored = parametersOf(set);
      return { set, tree, source: component === 'text_encoder' ? gemma3Parameters(stored) : stored };
    },
  });
}
