import {
  clipVisionConfigOfTensors,
  parseClipVisionConfig,
  parseWanTransformerConfig,
  parseWanVaeConfig,
  wanTransformerConfigOf,
  wanVaeConfigOf,
  type ClipVisionConfig,
  type WanTransformerConfig,
  type WanVaeConfig,
} from '../../models';
import {
  clipVisionParameters,
  parametersOf,
  renameParameters,
  WAN_TRANSFORMER_NAMES,
  WAN_VAE_NAMES,
  type JsonObject,
  type WeightSet,
} from '../../weights';
import type { OpenComponent } from './component-weights';
import { configBeside, recognised, shapesOf, type PartLocation } from './model-parts';

/** An open part with its configuration. */
export interface OpenPart<Config> extends OpenComponent {
  readonly config: Config;
}

/** Names of diffusers as they are in its own files and in those of several models. */
const DIFFUSERS_PREFIXES = ['transformer.', 'model.diffusion_model.', ''];

/**
 * A transformer under official names or those of diffusers; undefined where the set holds none.
 * @param own config.json of diffusers, where it is not to be looked for beside the file
 */
export async function wanTransformerOf(
  location: PartLocation,
  set: WeightSet,
  own?: JsonObject,
): Promise<OpenPart<WanTransformerConfig> | undefined> {
  const stored = parametersOf(set);
  const found = recognised(stored, 'wan-transformer');
  if (found === undefined) return undefined;
  const source = renameParameters(
    stored,
    found.naming === 'official' ? WAN_TRANSFORMER_NAMES : { prefixes: DIFFUSERS_PREFIXES, rules: [] },
  );
  const beside = own ?? (await configBeside(location));
  const where = `${location.tree.name}/${location.path}`;
  // The official config.json has other fields, of which tensors do not tell one.
  const config =
    beside !== undefined && 'num_attention_heads' in beside
      ? parseWanTransformerConfig(beside, where)
      : wanTransformerConfigOf(shapesOf(source), typeof beside?.num_heads === 'number' ? beside.num_heads : undefined);
  return { source, set, tree: location.tree, config };
}

/** A VAE under official names or those of diffusers; undefined where the set holds none. */
export async function wanVaeOf(location: PartLocation, set: WeightSet, own?: JsonObject): Promise<OpenPart<WanVaeConfig> | undefined> {
  const stored = parametersOf(set);
  const found = recognised(stored, 'wan-vae');
  if (found === undefined) return undefined;
  const source = renameParameters(stored, found.naming === 'official' ? WAN_VAE_NAMES : { prefixes: ['vae.', ''], rules: [] });
  const beside = own ?? (await configBeside(location));
  const config =
    beside !== undefined && 'z_dim' in beside
      ? parseWanVaeConfig(beside, `${location.tree.name}/${location.path}`)
      : wanVaeConfigOf(shapesOf(source));
  return { source, set, tree: location.tree, config };
}

/** CLIP's image encoder; undefined where the set holds none. */
export async function imageEncoderOf(
  location: PartLocation,
  set: WeightSet,
  own?: JsonObject,
): Promise<OpenPart<ClipVisionConfig> | undefined> {
  const stored = parametersOf(set);
  if (recognised(stored, 'clip-vision') === undefined) return undefined;
  const source = clipVisionParameters(stored);
  const beside = own ?? (await configBeside(location));
  const config =
    beside !== undefined && 'image_size' in beside
      ? parseClipVisionConfig(beside, `${location.tree.name}/${location.path}`)
      : clipVisionConfigOfTensors(shapesOf(source));
  return { source, set, tree: location.tree, config };
}
