import { readJson } from '../read-json';
import type { CaptionerArchitecture } from './captioner-parts';
import { generationSchema, readGeneration } from './greedy-ids';

const configSchema = generationSchema.extend({ decoder: generationSchema.nullish() });

/** Tokens of a caption at most where the model's files do not say, as in transformers. */
const USUAL_MAX_LENGTH = 20;

/**
 * `VisionEncoderDecoderModel` (ViT-GPT2, TrOCR, Donut and others) as transformers' exporters lay it out: `encoder_model.onnx` (pixels to hidden states) and
 * `decoder_model.onnx` or `decoder_model_merged.onnx` (ids and hidden states to logits).
 */
export const visionEncoderDecoderCaptioner: CaptionerArchitecture = async (parts) => {
  const config = await readJson(parts.files, 'config.json', configSchema);
  const generation = await readGeneration(parts, [config, config?.decoder], USUAL_MAX_LENGTH);
  const encoder = await parts.open(['encoder_model.onnx'], { inputs: ['pixel_values'], output: 'last_hidden_state' });
  const decoder = await parts.open(['decoder_model.onnx', 'decoder_model_merged.onnx'], {
    inputs: ['input_ids', 'encoder_hidden_states'],
    output: 'logits',
  });
  return {
    generation,
    async look(pixels) {
      const states = await encoder.run({ pixel_values: pixels });
      return (ids) => decoder.run({ input_ids: parts.ids(ids), encoder_hidden_states: states });
    },
  };
};
