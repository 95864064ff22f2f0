import { AiprodError } from '../../errors';
import { createScheduler } from '../../diffusion';
import { compressionRatios, type LtxTransformerConfig, type LtxVaeConfig } from '../../models';
import type { ModelTraits } from '../job';
import type { DecodeSettings } from '../latent-codec';
import { componentWeights, type OpenComponent } from './component-weights';
import { ltxComponents, type LtxComponent, type LtxModel } from './ltx-model';
import type { SigmaSampler } from './ltx-releases';
import { widthOf, type T5OrOnnx } from './text-encoder';
import { dynamicShift } from '../schedules';

/** Everything that is read of a model when it is opened, wherever it came from. */
export interface LtxModelParts {
  readonly name: string;
  readonly textEncoder: T5OrOnnx;
  readonly transformer: LtxTransformerConfig;
  readonly vae: LtxVaeConfig;
  readonly maxSequenceLength: number;
  readonly scheduler: { readonly className: string; readonly config: unknown; readonly sampler: SigmaSampler };
  readonly decode: DecodeSettings;
  readonly defaults: ModelTraits['defaults'];
  readonly keyframeTokens: boolean;
  /** Opens a component's weights; asked once for each, not for the text encoder where another runtime has it. Components of one file may share its set. */
  open(component: LtxComponent): Promise<OpenComponent>;
}

/** A model of its parts; weights stay closed until something asks for them. */
export async function assembleLtxModel(parts: LtxModelParts): Promise<LtxModel> {
  requireFit(parts);
  const { textEncoder, transformer, vae } = parts;
  const { spatial, temporal } = compressionRatios(vae);
  return {
    family: 'ltx-video',
    name: parts.name,
    textEncoder,
    transformer,
    vae,
    maxSequenceLength: textEncoder.kind === 'onnx' ? Math.min(parts.maxSequenceLength, textEncoder.maxLength) : parts.maxSequenceLength,
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
    loras: [],
    liveLoras: { adapters: [], inputs: {} },
    ...(textEncoder.kind === 'onnx'
      ? await componentWeights<LtxComponent>(['transformer', 'vae'], parts.open, textEncoder.files)
      : await componentWeights(ltxComponents, parts.open)),
  };
}

/** Parts from different files must belong together. @throws AiprodError 'bad-weights' */
function requireFit({ name, textEncoder, transformer, vae }: LtxModelParts): void {
  const expectations: readonly (readonly [what: string, expected: number, found: number])[] = [
    ['the text encoder', transformer.caption_channels, widthOf(textEncoder) ?? transformer.caption_channels],
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
