import type * as Ort from 'onnxruntime-web';
import { z } from 'zod';
import { openTokenizer } from '../../tokenizers';
import { readJson } from '../read-json';
import type { CaptionerArchitecture } from './captioner-parts';
import { generationSchema, readGeneration, type GenerationPlace } from './greedy-ids';

const configSchema = generationSchema.extend({ text_config: generationSchema.nullish() });

/** What config.json says of the length is the 20 tokens that older versions wrote there by default: they cut a paragraph off. */
const ofAnyLength = (place: GenerationPlace | null | undefined) => ({ ...place, max_length: undefined });

/** The task that is asked for, and what the model is asked in its place where its processor's file does not say. */
const TASK = '<MORE_DETAILED_CAPTION>';
const promptsSchema = z.looseObject({
  task_prompts_without_inputs: z
    .looseObject({ [TASK]: z.string().default('Describe with a paragraph what is shown in the image.') })
    .prefault({}),
});

/** Tokens of a caption at most where generation_config.json does not say: a paragraph. */
const USUAL_MAX_LENGTH = 256;

/**
 * `Florence2ForConditionalGeneration` as the repositories for Transformers.js lay it out: `vision_encoder.onnx` (pixels to image features),
 * `embed_tokens.onnx` (ids to embeddings), `encoder_model.onnx` (both, one behind the other, to hidden states) and `decoder_model.onnx` or
 * `decoder_model_merged.onnx` (embeddings of what is written to logits). It is asked for its detailed caption.
 */
export const florence2Captioner: CaptionerArchitecture = async (parts) => {
  const { files } = parts;
  const config = await readJson(files, 'config.json', configSchema);
  const generation = await readGeneration(parts, [config, config?.text_config].map(ofAnyLength), USUAL_MAX_LENGTH);
  const prompts = (await readJson(files, 'preprocessor_config.json', promptsSchema)) ?? promptsSchema.parse({});
  const { frame, encode } = await openTokenizer(files);
  const prompt = [...frame.start, ...encode(prompts.task_prompts_without_inputs[TASK]), ...frame.end];
  const vision = await parts.open(['vision_encoder.onnx'], { inputs: ['pixel_values'], output: 'image_features' });
  const embedder = await parts.open(['embed_tokens.onnx'], { inputs: ['input_ids'], output: 'inputs_embeds' });
  const encoder = await parts.open(['encoder_model.onnx'], {
    inputs: ['inputs_embeds'],
    optional: ['attention_mask'],
    output: 'last_hidden_state',
  });
  const decoder = await parts.open(['decoder_model.onnx', 'decoder_model_merged.onnx'], {
    inputs: ['encoder_hidden_states', 'inputs_embeds'],
    optional: ['encoder_attention_mask'],
    output: 'logits',
  });
  const embeddings = (ids: readonly number[]): Promise<Ort.Tensor> => embedder.run({ input_ids: parts.ids(ids) });
  return {
    generation,
    async look(pixels) {
      const given = parts.joined([await vision.run({ pixel_values: pixels }), await embeddings(prompt)]);
      const mask = parts.ones(given.dims[1]);
      const states = await encoder.run({ attention_mask: mask, inputs_embeds: given });
      return async (ids) =>
        decoder.run({ encoder_attention_mask: mask, encoder_hidden_states: states, inputs_embeds: await embeddings(ids) });
    },
  };
};
