import { z } from 'zod';
import { readJson } from '../read-json';
import type { CaptionerArchitecture } from './captioner-parts';
import { generationSchema, readGeneration } from './greedy-ids';

/** Defaults are those of transformers' BlipTextConfig. */
const textSchema = generationSchema.extend({
  bos_token_id: z.int().min(0).default(30522),
  sep_token_id: z.int().min(0).default(102),
});
const configSchema = z.looseObject({ text_config: textSchema.prefault({}) });

/** Tokens of a caption at most where the model's files do not say, as in transformers. */
const USUAL_MAX_LENGTH = 20;

/**
 * `BlipForConditionalGeneration` as it is usually exported, each half as it is: `vision_model.onnx` (pixels to hidden states, its first output) and
 * `text_decoder_model.onnx` (ids, hidden states and their masks to logits, its first output). Exporters leave the outputs without names.
 */
export const blipCaptioner: CaptionerArchitecture = async (parts) => {
  const { text_config: text } = (await readJson(parts.files, 'config.json', configSchema)) ?? configSchema.parse({});
  const tokens = { start: text.bos_token_id, end: text.sep_token_id };
  const generation = await readGeneration(parts, [text], USUAL_MAX_LENGTH, tokens);
  const vision = await parts.open(['vision_model.onnx'], { inputs: ['pixel_values'] });
  const decoder = await parts.open(['text_decoder_model.onnx'], {
    inputs: ['input_ids', 'encoder_hidden_states'],
    optional: ['attention_mask', 'encoder_attention_mask'],
  });
  return {
    generation,
    async look(pixels) {
      const states = await vision.run({ pixel_values: pixels });
      const seen = parts.ones(states.dims[1]);
      return (ids) =>
        decoder.run({
          input_ids: parts.ids(ids),
          attention_mask: parts.ones(ids.length),
          encoder_hidden_states: states,
          encoder_attention_mask: seen,
        });
    },
  };
};
