import { AiprodError } from '../../errors';
import { parseLtxUpsamplerConfig, type LtxUpsamplerConfig } from '../../models';
import { checkParameters, openWeightSet, parametersOf, readJsonObject, type FileTree } from '../../weights';
import type { WeightsOf } from '../program-run';
import { fingerprintFile } from '../recipe';

/** A latent upsampler whose configuration was read and whose weights can be. */
export interface UpsamplerModel extends WeightsOf {
  readonly name: string;
  readonly config: LtxUpsamplerConfig;
  /** Weight file to fingerprint. */
  fingerprints(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/** Folder of the upsampler in a pipeline's folder. */
const component = 'latent_upsampler';

/**
 * Opens a latent upsampler (`LTXLatentUpsamplerModel`): a folder with config.json and weights, or one that holds such a folder
 * under `latent_upsampler`.
 *
 * @throws AiprodError `bad-weights` when it is none or is damaged
 */
export async function openUpsampler(tree: FileTree, name: string): Promise<UpsamplerModel> {
  const files = await tree.list();
  const folder = files.includes(`${component}/config.json`) ? component : '';
  const path = (file: string): string => (folder === '' ? file : `${folder}/${file}`);
  if (!files.includes(path('config.json'))) {
    throw new AiprodError('bad-weights', 'the folder holds no latent upsampler', {
      where: name,
      expected: 'config.json and weights of an LTXLatentUpsamplerModel, there or in latent_upsampler/',
    });
  }
  const config = parseLtxUpsamplerConfig(await readJsonObject(tree, path('config.json')), name);
  const weights = await openWeightSet(tree, folder);
  const source = parametersOf(weights);
  return {
    name,
    config,
    read: source.load,
    check: async (wanted) => checkParameters(source, wanted, () => true),
    async fingerprints() {
      const result: Record<string, string> = {};
      for (const file of files.filter((candidate) => candidate.startsWith(path('')) && candidate.endsWith('.safetensors'))) {
        const opened = await tree.open(file);
        if (opened === undefined) continue;
        try {
          result[file] = await fingerprintFile(opened);
        } finally {
          await opened.close?.();
        }
      }
      return result;
    },
    close: () => weights.close(),
  };
}
