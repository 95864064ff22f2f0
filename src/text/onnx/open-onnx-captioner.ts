import { z } from 'zod';
import { AiprodError } from '../../errors';
import { openTokenDecoder, type TokenizerFiles } from '../tokenizers';
import { blipCaptioner } from './captioners/blip';
import { CaptionerParts } from './captioners/captioner-parts';
import { florence2Captioner } from './captioners/florence2';
import { greedyIds } from './captioners/greedy-ids';
import { visionEncoderDecoderCaptioner } from './captioners/vision-encoder-decoder';
import type { OnnxRuntime } from './open-onnx-encoder';
import { pixelValues, readImageProcessor, type CaptionedPicture } from './image-processor';
import { readJson } from './read-json';

/** A model that says what a picture shows: a vision encoder, and a decoder that writes one token after another. */
export interface OnnxCaptioner {
  /** Ids as the decoder wrote them, from its start token to its end token. */
  generate(picture: CaptionedPicture, signal?: AbortSignal): Promise<number[]>;
  /** The text of `generate`, without special tokens. */
  caption(picture: CaptionedPicture, signal?: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** What is read, by `model_type` in config.json. */
const architectures = {
  'vision-encoder-decoder': visionEncoderDecoderCaptioner,
  blip: blipCaptioner,
  florence2: florence2Captioner,
} as const;

const typeSchema = z.looseObject({ model_type: z.string() });

/**
 * Opens an image-to-text model in ONNX form: a folder with config.json, whose `model_type` says which of the architectures it is, the model's parts
 * (at the top or in `onnx/`), tokenizer.json and preprocessor_config.json. Captions are greedy: the likeliest token each time.
 *
 * @throws AiprodError 'bad-weights' when a file is missing or damaged, 'unsupported-model' for another architecture, or parts that ask for other inputs.
 */
export async function openOnnxCaptioner(files: TokenizerFiles, runtime: OnnxRuntime): Promise<OnnxCaptioner> {
  const type = (await readJson(files, 'config.json', typeSchema))?.model_type;
  const architecture = Object.entries(architectures).find(([name]) => name === type)?.[1];
  if (architecture === undefined) {
    throw new AiprodError('unsupported-model', 'captioners of this kind are not read', {
      where: `${files.name}/config.json`,
      expected: `model_type ${Object.keys(architectures).join(', ')}`,
      found: type ?? 'no such file',
      hint: 'Name the folder of one of these in ONNX form',
    });
  }
  const processor = await readImageProcessor(files);
  const text = await openTokenDecoder(files);
  const parts = new CaptionerParts(files, runtime);
  try {
    const { generation, look } = await architecture(parts);
    const generate = async (picture: CaptionedPicture, signal?: AbortSignal): Promise<number[]> => {
      signal?.throwIfAborted();
      const { data, width, height } = pixelValues(processor, picture);
      const logitsAfter = await look(new runtime.Tensor('float32', data, [1, 3, height, width]));
      return greedyIds(generation, logitsAfter, files.name, signal);
    };
    return {
      generate,
      caption: async (picture, signal) => text(await generate(picture, signal)).trim(),
      close: () => parts.close(),
    };
  } catch (error) {
    await parts.close();
    throw error;
  }
}
