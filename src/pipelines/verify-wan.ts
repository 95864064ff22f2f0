import { z } from 'zod';
import { combinedGuider, createScheduler, denormalizeLatents, passesKey, predictionsOfPasses } from '../diffusion';
import { AiprodError } from '../errors';
import { compareOutputs, floatInput } from '../golden';
import {
  buildWanTransformerGraph,
  buildWanVaeDecoderGraph,
  caseParams,
  componentConfig,
  parseWanTransformerConfig,
  parseWanVaeConfig,
  type ModelGraph,
  type Video,
  type WanTransformerConfig,
} from '../models';
import { timestepSinusoid } from '../numeric/timestep-embedding';
import { denoise, type VelocityModel } from './denoise';
import { runFor, type GraphHost } from './graph-models';
import { repeated } from './transformer-inputs';
import { framesOf, joined, type Recipe } from './verify-parts';

/** Call arguments, with the reference's defaults. */
const paramsSchema = z.object({
  call: z.object({ num_inference_steps: z.number().default(50), guidance_scale: z.number().default(5) }),
});

/** Recipe `wan_pipeline`: states of a text encoder to frames, with the latents after every step; by the loop that makes clips. */
export const verifyWanPipeline: Recipe = async (golden, run, options) => {
  const { call } = caseParams(golden, paramsSchema);
  const hostOf = async (component: string): Promise<GraphHost> => ({ run, ...options, read: (await golden.openWeights(component)).read });
  const configOf = <Config>(component: string, parse: (value: unknown, where: string) => Config): Config =>
    parse(componentConfig(golden, component), `${golden.name} ${component}`);
  const { data: start, shape } = floatInput(golden, 'latents');
  const size: Video['shape'] = [shape[0], shape[1], shape[2], shape[3], shape[4]];
  const scheduler = createScheduler(golden.classes.scheduler, componentConfig(golden, 'scheduler'));
  const schedule = scheduler.schedule({ steps: call.num_inference_steps });
  const texts = { positive: floatInput(golden, 'prompt_embeds'), negative: floatInput(golden, 'negative_prompt_embeds') };
  const steps: Float32Array[] = [];
  const { latents } = await denoise({
    scheduler,
    schedule,
    state: { step: 0, latents: start },
    guidance: combinedGuider({ space: 'velocity', terms: [{ kind: 'cfg', scale: call.guidance_scale }] }),
    model: velocityModel(configOf('transformer', parseWanTransformerConfig), await hostOf('transformer'), size, texts),
    noise: () => {
      throw new AiprodError('internal', 'the schedulers of these cases draw no noise');
    },
    onStep: (state) => void steps.push(state.latents),
  });
  const vae = configOf('vae', parseWanVaeConfig);
  const statistics = { mean: Float32Array.from(vae.latents_mean), std: Float32Array.from(vae.latents_std), scalingFactor: 1 };
  const [batch, , frames, height, width] = size;
  const { graph } = buildWanVaeDecoderGraph(vae, { batch, frames, height, width, ...options });
  const pixels = await runFor(await hostOf('vae'), graph, { latents: denormalizeLatents(latents, size, statistics) }, 'sample');
  return compareOutputs(
    golden,
    new Map([
      ['frames', framesOf(pixels)],
      ['latents_per_step', joined(steps)],
      ['timesteps', schedule.timesteps],
    ]),
  );
};

type Texts = Readonly<Record<'positive' | 'negative', { readonly data: Float32Array; readonly shape: readonly number[] }>>;

/** The transformer over texts of one length; latents are whole videos, which are not packed. */
function velocityModel(
  config: WanTransformerConfig,
  host: GraphHost,
  [, , frames, height, width]: Video['shape'],
  texts: Texts,
): VelocityModel {
  const graphs = new Map<string, ModelGraph>();
  return {
    async predict(latents, timesteps, passes) {
      const key = passesKey(passes);
      const model =
        graphs.get(key) ??
        buildWanTransformerGraph(config, {
          batch: passes.length,
          frames,
          height,
          width,
          textLength: texts.positive.shape[1],
          dtype: host.dtype,
        });
      graphs.set(key, model);
      const inputs = {
        hidden_states: repeated(latents, passes.length),
        timestep_sinusoid: timestepSinusoid(repeated(timesteps, passes.length), config.freq_dim),
        encoder_hidden_states: joined(passes.map(({ prompt }) => texts[prompt].data)),
      };
      return predictionsOfPasses(passes, (await runFor(host, model.graph, inputs, 'sample')).data);
    },
  };
}
