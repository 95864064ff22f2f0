import { z } from 'zod';
import { AiprodError } from '../../errors';
import { parseConfig } from '../parse-config';
import { combinedGuider } from './combined';
import type { GuidanceInput } from './guidance';
import type { Guider } from './guider';

type Terms = GuidanceInput['terms'];
type Interval = NonNullable<Terms[number]['interval']>;

/** Options that all guiders of diffusers share, in its field names. */
const commonFields = {
  guidance_rescale: z.number().default(0),
  /** First and last fraction of the steps that are guided, `floor(start * steps) <= step < floor(stop * steps)`. */
  start: z.number().min(0).lt(1).default(0),
  stop: z.number().min(0).max(1).default(1),
  enabled: z.boolean().default(true),
};
const guidanceFields = {
  guidance_scale: z.number().default(7.5),
  use_original_formulation: z.boolean().default(false),
  ...commonFields,
};
const cfgOptions = z.object(guidanceFields);
const zeroStarOptions = z.object({ ...guidanceFields, zero_init_steps: z.number().int().min(0).default(1) });
const apgOptions = z.object({
  ...guidanceFields,
  adaptive_projected_guidance_momentum: z.number().nullable().default(null),
  adaptive_projected_guidance_rescale: z.number().default(15),
  adaptive_projected_guidance_norm_dim: z.null('only norms over all axes but the batch are supported').default(null),
  eta: z.number().default(1),
});
const layers = z
  .union([z.number().int(), z.array(z.number().int())])
  .nullable()
  .default(null);
const skipLayerOptions = z.object({
  ...guidanceFields,
  skip_layer_guidance_scale: z.number().default(2.8),
  skip_layer_guidance_start: z.number().min(0).lt(1).default(0.01),
  skip_layer_guidance_stop: z.number().min(0).max(1).default(0.2),
  skip_layer_guidance_layers: layers,
});
const perturbedAttentionOptions = z.object({
  ...guidanceFields,
  perturbed_guidance_scale: z.number().default(2.8),
  perturbed_guidance_start: z.number().min(0).lt(1).default(0.01),
  perturbed_guidance_stop: z.number().min(0).max(1).default(0.2),
  perturbed_guidance_layers: layers,
});
const ltx2Options = z.object({
  ...commonFields,
  guidance_scale: z.number().default(1),
  stg_scale: z.number().default(0),
  modality_scale: z.number().default(1),
  spatio_temporal_guidance_blocks: z.array(z.number().int()).nullable().default(null),
});

/** What the guiders of the common form have beside their own term. */
function classifierFree(options: z.output<typeof cfgOptions>): { scale: number; original: boolean; interval: Interval } {
  const { guidance_scale: scale, use_original_formulation: original, start: min, stop: max } = options;
  return { scale, original, interval: { unit: 'fraction', min, max } };
}

function rescale(options: { guidance_rescale: number }): Terms {
  return [{ kind: 'rescale', phi: options.guidance_rescale }];
}

const blocksOf = (value: number | readonly number[] | null): number[] => (value === null ? [] : [value].flat());

/**
 * Skip-layer and perturbed-attention guidance. Their window is open at both ends, and without classifier-free guidance (but in
 * its original formulation) the degraded prediction takes the place of the unconditional one.
 */
function degraded(
  kind: 'slg' | 'pag',
  options: z.output<typeof cfgOptions>,
  own: { scale: number; start: number; stop: number; layers: number | readonly number[] | null },
): Terms {
  const interval: Interval = { unit: 'fraction', min: own.start, max: own.stop, openMin: true };
  const alone = options.use_original_formulation ? 'add' : 'replace';
  return [
    { kind: 'cfg', ...classifierFree(options) },
    { kind, scale: own.scale, blocks: blocksOf(own.layers), alone, interval },
    ...rescale(options),
  ];
}

/** A diffusers guider class as terms of ours. */
function referenceTerms(className: string, config: unknown): Terms {
  const where = `${className} config`;
  switch (className) {
    case 'ClassifierFreeGuidance': {
      const options = parseConfig(cfgOptions, config, where);
      return options.enabled ? [{ kind: 'cfg', ...classifierFree(options) }, ...rescale(options)] : [];
    }
    case 'ClassifierFreeZeroStarGuidance': {
      const options = parseConfig(zeroStarOptions, config, where);
      const zeroSteps = options.zero_init_steps;
      return options.enabled ? [{ kind: 'cfg-zero', zeroSteps, ...classifierFree(options) }, ...rescale(options)] : [];
    }
    case 'TangentialClassifierFreeGuidance': {
      const options = parseConfig(cfgOptions, config, where);
      return options.enabled ? [{ kind: 'tcfg', ...classifierFree(options) }, ...rescale(options)] : [];
    }
    case 'AdaptiveProjectedGuidance': {
      const options = parseConfig(apgOptions, config, where);
      const { adaptive_projected_guidance_momentum: momentum, adaptive_projected_guidance_rescale: normThreshold, eta } = options;
      const projection = { momentum, normThreshold: Math.max(0, normThreshold), eta };
      return options.enabled ? [{ kind: 'apg', ...projection, ...classifierFree(options) }, ...rescale(options)] : [];
    }
    case 'SkipLayerGuidance': {
      const options = parseConfig(skipLayerOptions, config, where);
      const { skip_layer_guidance_scale: scale, skip_layer_guidance_start: start, skip_layer_guidance_stop: stop } = options;
      return options.enabled ? degraded('slg', options, { scale, start, stop, layers: options.skip_layer_guidance_layers }) : [];
    }
    case 'PerturbedAttentionGuidance': {
      const options = parseConfig(perturbedAttentionOptions, config, where);
      const { perturbed_guidance_scale: scale, perturbed_guidance_start: start, perturbed_guidance_stop: stop } = options;
      return options.enabled ? degraded('pag', options, { scale, start, stop, layers: options.perturbed_guidance_layers }) : [];
    }
    case 'LTX2Guidance': {
      const options = parseConfig(ltx2Options, config, where);
      const interval: Interval = { unit: 'fraction', min: options.start, max: options.stop };
      const blocks = options.spatio_temporal_guidance_blocks ?? [];
      return options.enabled
        ? [
            { kind: 'cfg', scale: options.guidance_scale, interval },
            { kind: 'stg', scale: options.stg_scale, blocks, interval },
            { kind: 'modality', scale: options.modality_scale, interval },
            ...rescale(options),
          ]
        : [];
    }
    default:
      throw new AiprodError('unsupported-model', 'This guider is not known', {
        expected:
          'ClassifierFreeGuidance, ClassifierFreeZeroStarGuidance, TangentialClassifierFreeGuidance, ' +
          'AdaptiveProjectedGuidance, SkipLayerGuidance, PerturbedAttentionGuidance or LTX2Guidance',
        found: className,
      });
  }
}

/**
 * The guider that a class of diffusers and its arguments (guider_config.json) describe.
 *
 * @throws AiprodError 'unsupported-model' for another class, 'bad-input' for options that do not validate
 */
export function createGuider(className: string, config: unknown): Guider {
  return combinedGuider({ terms: referenceTerms(className.replace(/^diffusers\./, ''), config) });
}
