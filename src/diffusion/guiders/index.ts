import { z } from 'zod';
import { AiprodError } from '../../errors';
import { parseConfig } from '../parse-config';
import { classifierFreeGuidance, dampTangential, fitUnconditional, guideAway, projectUpdate, rescaleGuidance } from './formulas';
import type { Guider, GuiderInput, PredictionName } from './guider';
import { commonFields, guidanceFields, inWindow, isClose, requirePrediction } from './guider';

export type { Guider, GuiderInput, GuiderResult, PredictionName, Predictions } from './guider';
export { classifierFreeGuidance, guideAway, rescaleGuidance } from './formulas';

const fround = Math.fround;
const cfgOptions = z.object(guidanceFields);
type CfgOptions = z.infer<typeof cfgOptions>;

/** Whether classifier-free guidance changes the prediction at this step. */
function guides(options: CfgOptions, step: number, steps: number): boolean {
  const neutral = options.use_original_formulation ? 0 : 1;
  return inWindow(options, step, steps) && !isClose(options.guidance_scale, neutral);
}

function rescaled(guided: Float32Array, input: GuiderInput, phi: number): Float32Array {
  return phi > 0 ? rescaleGuidance(guided, requirePrediction(input, 'pred_cond'), phi, input.batch) : guided;
}

/**
 * A guider of the form `base + scale (c - u')`, where `unconditional` makes u' of c and u. With the identity it is
 * ClassifierFreeGuidance.
 */
function cfgGuider(
  className: string,
  options: CfgOptions,
  unconditional: (c: Float32Array, u: Float32Array, batch: number) => Float32Array = (_, u) => u,
): Guider {
  return {
    className,
    passes: (step, steps) => (guides(options, step, steps) ? ['pred_cond', 'pred_uncond'] : ['pred_cond']),
    guide(input) {
      let prediction = requirePrediction(input, 'pred_cond');
      if (guides(options, input.step, input.steps)) {
        const u = unconditional(prediction, requirePrediction(input, 'pred_uncond'), input.batch);
        prediction = classifierFreeGuidance(prediction, u, options.guidance_scale, options.use_original_formulation);
      }
      return { prediction: rescaled(prediction, input, options.guidance_rescale) };
    },
  };
}

const zeroStarOptions = z.object({ ...guidanceFields, zero_init_steps: z.number().int().min(0).default(1) });

/** CFG-Zero*: the first `zero_init_steps` predictions are zero, later ones guide from the fitted u. */
function zeroStarGuider(options: z.infer<typeof zeroStarOptions>): Guider {
  const fitted = cfgGuider('ClassifierFreeZeroStarGuidance', options, fitUnconditional);
  return {
    ...fitted,
    guide(input) {
      if (!options.enabled || input.step >= options.zero_init_steps) return fitted.guide(input);
      return { prediction: new Float32Array(requirePrediction(input, 'pred_cond').length) };
    },
  };
}

const apgOptions = z.object({
  ...guidanceFields,
  adaptive_projected_guidance_momentum: z.number().nullable().default(null),
  adaptive_projected_guidance_rescale: z.number().default(15),
  adaptive_projected_guidance_norm_dim: z.null('only norms over all axes but the batch are supported').default(null),
  eta: z.number().default(1),
});

/** Adaptive projected guidance: momentum on `c - u` (usually negative), then the projected, bounded update. */
function apgGuider(options: z.infer<typeof apgOptions>): Guider {
  const { adaptive_projected_guidance_momentum: momentum, adaptive_projected_guidance_rescale: normThreshold } = options;
  const plain = cfgGuider('AdaptiveProjectedGuidance', options);
  return {
    ...plain,
    guide(input) {
      if (!guides(options, input.step, input.steps)) return { ...plain.guide(input), memory: input.memory };
      const c = requirePrediction(input, 'pred_cond');
      const u = requirePrediction(input, 'pred_uncond');
      let update = c.map((value, i) => value - u[i]);
      const { memory } = input;
      if (momentum !== null && memory !== undefined) {
        update = update.map((value, i) => value + fround(fround(momentum) * memory[i]));
      }
      const projected = projectUpdate(update, c, { eta: options.eta, normThreshold }, input.batch);
      const scale = fround(options.guidance_scale);
      const base = options.use_original_formulation ? c : u;
      const prediction = base.map((value, i) => value + fround(scale * projected[i]));
      return {
        prediction: rescaled(prediction, input, options.guidance_rescale),
        memory: momentum === null ? undefined : update,
      };
    },
  };
}

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

/** The second term of {@link degradedGuider}. */
interface DegradedTerm {
  scale: number;
  start: number;
  stop: number;
}

/**
 * Classifier-free guidance plus `scale (c - p)`, p being the conditional prediction of a degraded model: with skipped layers
 * (skip-layer guidance, Stable Diffusion 3.5; spatio-temporal guidance, Hyung et al. 2024) or with identity attention
 * (perturbed-attention guidance, Ahn et al. 2024). Its window is open at both ends: `floor(start * steps) < step`.
 */
function degradedGuider(className: string, options: CfgOptions, term: DegradedTerm): Guider {
  const degrades = (step: number, steps: number): boolean =>
    options.enabled && Math.trunc(term.start * steps) < step && step < Math.trunc(term.stop * steps) && term.scale !== 0;
  return {
    className,
    passes(step, steps) {
      const names: PredictionName[] = ['pred_cond'];
      if (guides(options, step, steps)) names.push('pred_uncond');
      if (degrades(step, steps)) names.push('pred_cond_skip');
      return names;
    },
    guide(input) {
      const c = requirePrediction(input, 'pred_cond');
      const guided = guides(options, input.step, input.steps);
      let prediction = c;
      if (guided) {
        const u = requirePrediction(input, 'pred_uncond');
        prediction = classifierFreeGuidance(c, u, options.guidance_scale, options.use_original_formulation);
      }
      if (degrades(input.step, input.steps)) {
        const p = requirePrediction(input, 'pred_cond_skip');
        // Alone, the degraded prediction takes the place of the unconditional one.
        const base = guided || options.use_original_formulation ? prediction : p;
        prediction = guideAway(base, c, p, term.scale);
      }
      return { prediction: rescaled(prediction, input, options.guidance_rescale) };
    },
  };
}

const ltx2Options = z.object({
  ...commonFields,
  guidance_scale: z.number().default(1),
  stg_scale: z.number().default(0),
  modality_scale: z.number().default(1),
  spatio_temporal_guidance_blocks: z.array(z.number().int()).nullable().default(null),
});

/**
 * LTX-2's guidance on denoised predictions: `c + (scale - 1)(c - u) + stg (c - p) + (modality - 1)(c - m)`, p without the
 * self-attention of some blocks, m without the attention between video and audio; then rescaled.
 */
function ltx2Guider(options: z.infer<typeof ltx2Options>): Guider {
  const terms: [PredictionName, number][] = [
    ['pred_uncond', isClose(options.guidance_scale, 1) ? 0 : options.guidance_scale - 1],
    ['pred_cond_stg', options.stg_scale],
    ['pred_cond_modality', isClose(options.modality_scale, 1) ? 0 : options.modality_scale - 1],
  ];
  const active = (step: number, steps: number): [PredictionName, number][] =>
    inWindow(options, step, steps) ? terms.filter(([, weight]) => weight !== 0) : [];
  return {
    className: 'LTX2Guidance',
    passes: (step, steps) => ['pred_cond', ...active(step, steps).map(([name]) => name)],
    guide(input) {
      const c = requirePrediction(input, 'pred_cond');
      let prediction = c;
      for (const [name, weight] of active(input.step, input.steps)) {
        prediction = guideAway(prediction, c, requirePrediction(input, name), weight);
      }
      return { prediction: rescaled(prediction, input, options.guidance_rescale) };
    },
  };
}

/**
 * The guider that a reference class name and its arguments (guider_config.json) describe.
 *
 * @throws AiprodError 'unsupported-model' for another class, 'bad-input' for options that do not validate
 */
export function createGuider(className: string, config: unknown): Guider {
  const where = `${className} config`;
  switch (className.replace(/^diffusers\./, '')) {
    case 'ClassifierFreeGuidance':
      return cfgGuider('ClassifierFreeGuidance', parseConfig(cfgOptions, config, where));
    case 'ClassifierFreeZeroStarGuidance':
      return zeroStarGuider(parseConfig(zeroStarOptions, config, where));
    case 'TangentialClassifierFreeGuidance':
      return cfgGuider('TangentialClassifierFreeGuidance', parseConfig(cfgOptions, config, where), dampTangential);
    case 'AdaptiveProjectedGuidance':
      return apgGuider(parseConfig(apgOptions, config, where));
    case 'SkipLayerGuidance': {
      const options = parseConfig(skipLayerOptions, config, where);
      return degradedGuider('SkipLayerGuidance', options, {
        scale: options.skip_layer_guidance_scale,
        start: options.skip_layer_guidance_start,
        stop: options.skip_layer_guidance_stop,
      });
    }
    case 'PerturbedAttentionGuidance': {
      const options = parseConfig(perturbedAttentionOptions, config, where);
      return degradedGuider('PerturbedAttentionGuidance', options, {
        scale: options.perturbed_guidance_scale,
        start: options.perturbed_guidance_start,
        stop: options.perturbed_guidance_stop,
      });
    }
    case 'LTX2Guidance':
      return ltx2Guider(parseConfig(ltx2Options, config, where));
    default:
      throw new AiprodError('unsupported-model', 'This guider is not known', {
        expected:
          'ClassifierFreeGuidance, ClassifierFreeZeroStarGuidance, TangentialClassifierFreeGuidance, ' +
          'AdaptiveProjectedGuidance, SkipLayerGuidance, PerturbedAttentionGuidance or LTX2Guidance',
        found: className,
      });
  }
}
