import { AiprodError } from '../../errors';
import { createScheduler } from '../../diffusion';
import type { ParameterReader } from '../../graph';
import { compressionRatios, type LtxTransformerConfig, type LtxVaeConfig, type TextEncoderConfig } from '../../models';
import type { Tokenizer } from '../../text';
import { checkParameters, parameterReader, type FileTree, type ParameterSource, type WeightSet } from '../../weights';
import type { ModelTraits } from '../job';
import type { DecodeSettings } from '../latent-codec';
import { pathInTree } from './ltx-parts';
import { ltxComponents, type LtxComponent, type LtxModel } from './ltx-model';
import type { LtxSampler } from './ltx-releases';
import { fingerprintFile } from '../recipe';
import { dynamicShift } from '../schedules';

/** The weights of a component, open. */
export interface OpenComponent {
  /** Under the names that the model uses. */
  readonly source: ParameterSource;
  readonly set: WeightSet;
  /** The tree that its files lie in. */
  readonly tree: FileTree;
}

/** Everything that is read of a model when it is opened, wherever it came from. */
export interface LtxModelParts {
  readonly name: string;
  readonly textEncoder: TextEncoderConfig;
  readonly transformer: LtxTransformerConfig;
  readonly vae: LtxVaeConfig;
  readonly tokenizer: Tokenizer;
  readonly maxSequenceLength: number;
  readonly scheduler: { readonly className: string; readonly config: unknown; readonly sampler: LtxSampler };
  readonly decode: DecodeSettings;
  readonly defaults: ModelTraits['defaults'];
  readonly keyframeTokens: boolean;
  /** Opens a component's weights; asked once for each. Components of one file may share its set. */
  open(component: LtxComponent): Promise<OpenComponent>;
}

/** A model of its parts; weights stay closed until something asks for them. */
export async function assembleLtxModel(parts: LtxModelParts): Promise<LtxModel> {
  requireFit(parts);
  const { transformer, vae } = parts;
  const opened = new Map<LtxComponent, Promise<OpenComponent>>();
  const componentOf = (component: LtxComponent): Promise<OpenComponent> => {
    const opening = opened.get(component) ?? parts.open(component);
    opened.set(component, opening);
    opening.catch(() => opened.delete(component));
    return opening;
  };
  const parameters = async (component: LtxComponent): Promise<ParameterSource> => (await componentOf(component)).source;
  const { spatial, temporal } = compressionRatios(vae);
  let fingerprints: Promise<Record<string, string>> | undefined;
  const sources = {
    text_encoder: await parameters('text_encoder'),
    transformer: await parameters('transformer'),
    vae: await parameters('vae'),
  };
  return {
    name: parts.name,
    textEncoder: parts.textEncoder,
    transformer,
    vae,
    tokenizer: parts.tokenizer,
    maxSequenceLength: parts.maxSequenceLength,
    scheduler: createScheduler(parts.scheduler.className, parts.scheduler.config),
    dynamicShift: dynamicShift(parts.scheduler.config),
    sampler: parts.scheduler.sampler,
    decode: parts.decode,
    traits: {
      defaults: parts.defaults,
      sizeMultiple: spatial * transformer.patch_size,
      frameMultiple: temporal * transformer.patch_size_t,
      keyframeTokens: parts.keyframeTokens,
    },
    weightBytes: await weightBytes(componentOf),
    loras: [],
    liveLoras: { adapters: [], inputs: {} },
    ...weightAccess(parameters),
    stored: (component) => sources[component],
    fingerprints() {
      fingerprints ??= fingerprintWeights(componentOf);
      return fingerprints;
    },
    async close() {
      const sets = new Set((await Promise.all(opened.values())).map(({ set }) => set));
      await Promise.all([...sets].map((set) => set.close()));
    },
  };
}

/** Parts from different files must belong together. @throws AiprodError 'bad-weights' */
function requireFit({ name, textEncoder, transformer, vae }: LtxModelParts): void {
  const expectations: readonly (readonly [what: string, expected: number, found: number])[] = [
    ['the text encoder', transformer.caption_channels, textEncoder.d_model],
    ['the VAE', transformer.in_channels, vae.latent_channels * transformer.patch_size ** 2 * transformer.patch_size_t],
  ];
  for (const [what, expected, found] of expectations) {
    if (expected === found) continue;
    throw new AiprodError('bad-weights', `${what} does not belong to this transformer`, {
      where: name,
      expected: `${expected} channels`,
      found: `${found}`,
      hint: what === 'the text encoder' ? 'Released LTX-Video models read T5 1.1 XXL, which has 4096 channels' : undefined,
    });
  }
}

/** What a model gives of its weights, all from one function that opens a component's. */
export function weightAccess(parameters: LtxModel['parameters']): Pick<LtxModel, 'parameters' | 'reader' | 'check'> {
  return {
    parameters,
    reader(component): ParameterReader {
      const read = async (): Promise<ParameterReader> => parameterReader(await parameters(component));
      return Object.assign(async (name: string) => (await read())(name), { stored: async (name: string) => (await read()).stored?.(name) });
    },
    async check(component, wanted) {
      checkParameters(await parameters(component), wanted, () => true);
    },
  };
}

type ComponentOf = (component: LtxComponent) => Promise<OpenComponent>;

async function weightBytes(componentOf: ComponentOf): Promise<number> {
  const sets = new Set((await Promise.all(ltxComponents.map(componentOf))).map(({ set }) => set));
  return [...sets].reduce((sum, set) => sum + [...set.tensors.values()].reduce((bytes, tensor) => bytes + tensor.byteLength, 0), 0);
}

/** Hashes the weight files of every component. */
async function fingerprintWeights(componentOf: ComponentOf): Promise<Record<string, string>> {
  const result: Record<string, string> = {};
  for (const component of ltxComponents) {
    const { set, tree } = await componentOf(component);
    for (const file of set.files) {
      const path = pathInTree(tree, file.name);
      if (path in result) continue;
      const source = await tree.open(path);
      if (source === undefined) throw new AiprodError('bad-weights', 'a weight file vanished while it was in use', { where: path });
      try {
        result[path] = await fingerprintFile(source);
      } finally {
        await source.close?.();
      }
    }
  }
  return result;
}
