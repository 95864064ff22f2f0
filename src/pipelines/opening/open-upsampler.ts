import { z } from 'zod';
import { AiprodError } from '../../errors';
import { parseLtx2UpsamplerConfig, parseLtxUpsamplerConfig, upsamplerFieldsOfTensors, type LtxUpsamplerConfig } from '../../models';
import { checkParameters, openWeightSet, parametersOf, readJsonObject, type FileTree, type WeightSet } from '../../weights';
import type { ModelTraits } from '../job';
import type { WeightsOf } from '../program-run';
import { fingerprintFile } from '../recipe';
import { isWeightFile, pathInTree, shapesOf } from './model-parts';

/** A latent upsampler whose configuration was read and whose weights can be. */
export interface UpsamplerModel extends WeightsOf {
  readonly name: string;
  readonly config: LtxUpsamplerConfig;
  /** Weight file to fingerprint. */
  fingerprints(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

/** How many times as many rows and columns, and frames less one, an upsampler makes. */
export function upsamplingOf(config: LtxUpsamplerConfig): { readonly space: number; readonly time: number } {
  return {
    space: config.spatial_upsample ? (config.rational_spatial_scale ?? 2) : 1,
    time: config.temporal_upsample ? 2 : 1,
  };
}

/** What a model can make with an upsampler. */
export function traitsWith(
  { traits }: { readonly traits: ModelTraits },
  upsampler: Pick<UpsamplerModel, 'config'> | undefined,
): ModelTraits {
  return upsampler === undefined ? traits : { ...traits, upsampling: upsamplingOf(upsampler.config) };
}

/** Folder of the upsampler in a pipeline's folder. */
const component = 'latent_upsampler';

/**
 * Opens a latent upsampler of LTX-Video or LTX-2: a folder with config.json and weights, one that holds such a folder under
 * `latent_upsampler`, or an original file, whose metadata or tensors tell what it is.
 *
 * @param path the file in the tree; '' for the tree itself
 * @throws AiprodError `bad-weights` when it is none or is damaged
 */
export async function openUpsampler(tree: FileTree, name: string, path = ''): Promise<UpsamplerModel> {
  const files = await tree.list();
  const folder = files.includes(`${component}/config.json`) ? component : '';
  const configFile = folder === '' ? 'config.json' : `${folder}/config.json`;
  if (path === '' && !files.includes(configFile)) {
    throw new AiprodError('bad-weights', 'the folder holds no latent upsampler', {
      where: name,
      expected: 'config.json and weights of a latent upsampler, there or in latent_upsampler/, or a file of one',
    });
  }
  const weights = await openWeightSet(tree, path === '' ? folder : path);
  try {
    const config = configOf(weights, path === '' ? await readJsonObject(tree, configFile) : originalFields(weights), name);
    const source = parametersOf(weights);
    return {
      name,
      config,
      read: source.load,
      check: async (wanted) => checkParameters(source, wanted, () => true),
      async fingerprints() {
        const result: Record<string, string> = {};
        for (const file of weights.files.map((open) => pathInTree(tree, open.name)).filter(isWeightFile)) {
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
  } catch (error) {
    await weights.close();
    throw error;
  }
}

/** LTX-2's class has a resampler of rational factors; its tensors show which one it is where nothing says so. */
function configOf(weights: WeightSet, fields: Readonly<Record<string, unknown>>, name: string): LtxUpsamplerConfig {
  const isLtx2 = fields._class_name === 'LTX2LatentUpsamplerModel' || weights.tensors.has('upsampler.conv.weight');
  return isLtx2 || 'use_rational_resampler' in fields ? parseLtx2UpsamplerConfig(fields, name) : parseLtxUpsamplerConfig(fields, name);
}

const originalSchema = z.looseObject({ spatial_scale: z.number().optional(), rational_resampler: z.boolean().optional() });

/** What the `config` of an original file says, in the words of diffusers, over what its tensors tell. */
function originalFields(weights: WeightSet): Readonly<Record<string, unknown>> {
  const seen = upsamplerFieldsOfTensors(shapesOf(parametersOf(weights)));
  const text = weights.metadata.get('config');
  if (text === undefined) return seen;
  const parsed = originalSchema.safeParse(jsonOf(text));
  if (!parsed.success)
    throw new AiprodError('bad-weights', 'the config in the metadata of the file is no JSON object', { where: weights.name });
  const { spatial_scale, rational_resampler, ...rest } = parsed.data;
  return {
    ...seen,
    ...rest,
    ...(spatial_scale === undefined ? {} : { rational_spatial_scale: spatial_scale }),
    ...(rational_resampler === undefined ? {} : { use_rational_resampler: rational_resampler }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
