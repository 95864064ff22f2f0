import type * as Ort from 'onnxruntime-web';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { halfToFloatArray } from '../../numeric/half';
import { openTokenDecoder, type TokenizerFiles } from '../tokenizers';
import { openSession, type OnnxRuntime } from './open-onnx-encoder';
import { pixelValues, readImageProcessor, type CaptionedPicture } from './image-processor';

/** A model that says what a picture shows: a vision encoder, and a decoder that writes one token after another. */
export interface OnnxCaptioner {
  /** Ids as the decoder wrote them, from its start token to its end token. */
  generate(picture: CaptionedPicture, signal?: AbortSignal): Promise<number[]>;
  /** The text of `generate`, without special tokens. */
  caption(picture: CaptionedPicture, signal?: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** Tokens of a caption at most, where the model's files do not say. */
const USUAL_MAX_LENGTH = 20;

const ids = z.union([z.int().min(0), z.array(z.int().min(0)).min(1)]);
const generationSchema = z.looseObject({
  decoder_start_token_id: z.int().min(0).nullish(),
  bos_token_id: z.int().min(0).nullish(),
  eos_token_id: ids.nullish(),
  max_length: z.int().min(2).nullish(),
  max_new_tokens: z.int().min(1).nullish(),
});
const configSchema = generationSchema.extend({ is_encoder_decoder: z.boolean().nullish(), decoder: generationSchema.nullish() });

/** How a caption begins, what ends it, and its most tokens, the first included. */
interface Generation {
  readonly start: number;
  readonly ends: ReadonlySet<number>;
  readonly maxLength: number;
}

/** Files of the two halves: at the top of the folder, or where exporters put them. */
const FOLDERS = ['', 'onnx/'];
const ENCODER = 'encoder_model.onnx';
const DECODER = 'decoder_model.onnx';

/**
 * Opens an image-to-text model in ONNX form as transformers' exporters lay out a `VisionEncoderDecoderModel` (ViT-GPT2, TrOCR, Donut and others):
 * `encoder_model.onnx` (pixel_values to hidden states), `decoder_model.onnx` (input_ids and encoder_hidden_states to logits, without a cache),
 * tokenizer.json, config.json, generation_config.json and preprocessor_config.json. Captions are greedy: the likeliest token each time.
 *
 * @throws AiprodError 'bad-weights' when a file is missing or damaged, 'unsupported-model' when the halves ask for other inputs.
 */
export async function openOnnxCaptioner(files: TokenizerFiles, runtime: OnnxRuntime): Promise<OnnxCaptioner> {
  const generation = await readGeneration(files);
  const processor = await readImageProcessor(files);
  const text = await openTokenDecoder(files);
  const encoder = await openHalf(files, runtime, ENCODER, ['pixel_values'], 'last_hidden_state');
  try {
    const decoder = await openHalf(files, runtime, DECODER, ['input_ids', 'encoder_hidden_states'], 'logits');
    const generate = async (picture: CaptionedPicture, signal?: AbortSignal): Promise<number[]> => {
      signal?.throwIfAborted();
      const { data, width, height } = pixelValues(processor, picture);
      const pixels = new runtime.Tensor('float32', data, [1, 3, height, width]);
      const { last_hidden_state: states } = await encoder.run({ pixel_values: pixels });
      const written = [generation.start];
      while (written.length < generation.maxLength) {
        signal?.throwIfAborted();
        const tokens = new runtime.Tensor('int64', BigInt64Array.from(written, BigInt), [1, written.length]);
        const { logits } = await decoder.run({ input_ids: tokens, encoder_hidden_states: states });
        const next = likeliest(logits, written.length, files.name);
        written.push(next);
        if (generation.ends.has(next)) break;
      }
      return written;
    };
    return {
      generate,
      caption: async (picture, signal) => text(await generate(picture, signal)).trim(),
      async close() {
        await encoder.release();
        await decoder.release();
      },
    };
  } catch (error) {
    await encoder.release();
    throw error;
  }
}

async function openHalf(
  files: TokenizerFiles,
  runtime: OnnxRuntime,
  file: string,
  inputs: readonly string[],
  output: string,
): Promise<Ort.InferenceSession> {
  for (const folder of FOLDERS) {
    const model = await files.readBytes(folder + file);
    if (model === undefined) continue;
    const where = `${files.name}/${folder}${file}`;
    const session = await openSession(runtime, model, await files.readBytes(`${folder}${file}_data`), file, where);
    if (session.inputNames.toSorted().join() === inputs.toSorted().join() && session.outputNames.includes(output)) return session;
    const found = `${session.inputNames.join(', ')} to ${session.outputNames.join(', ')}`;
    await session.release();
    throw new AiprodError('unsupported-model', 'the model is no half of a captioner that is read here', {
      where,
      expected: `${inputs.join(', ')} to ${output}`,
      found,
      hint: 'Export a VisionEncoderDecoderModel without a cache of keys and values',
    });
  }
  throw new AiprodError('bad-weights', 'half of the captioner is not there', {
    where: files.name,
    expected: FOLDERS.map((folder) => folder + file).join(' or '),
    hint: 'Name the folder of an image-to-text model in ONNX form',
  });
}

/** What transformers takes: generation_config.json before config.json, and there the decoder's own part last. */
async function readGeneration(files: TokenizerFiles): Promise<Generation> {
  const config = await readJson(files, 'config.json', configSchema);
  const named = await readJson(files, 'generation_config.json', generationSchema);
  const places = [named, config, config?.decoder].filter((place) => place !== undefined && place !== null);
  const first = <Value>(of: (place: z.output<typeof generationSchema>) => Value | null | undefined): Value | undefined =>
    places.map(of).find((value) => value !== undefined && value !== null) ?? undefined;
  const start = first((place) => place.decoder_start_token_id) ?? first((place) => place.bos_token_id);
  const end = first((place) => place.eos_token_id);
  if (start === undefined || end === undefined) {
    throw new AiprodError('bad-weights', 'the captioner does not say how a text begins or ends', {
      where: files.name,
      expected: 'decoder_start_token_id and eos_token_id in generation_config.json or config.json',
      hint: 'Download all files of the model',
    });
  }
  const added = first((place) => place.max_new_tokens);
  const maxLength = added === undefined ? (first((place) => place.max_length) ?? USUAL_MAX_LENGTH) : added + 1;
  return { start, ends: new Set(typeof end === 'number' ? [end] : end), maxLength };
}

async function readJson<Schema extends z.ZodType>(
  files: TokenizerFiles,
  file: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const text = await files.readText(file);
  if (text === undefined) return undefined;
  const where = `${files.name}/${file}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AiprodError('bad-weights', 'the file is not JSON', { where, hint: 'Download it again' }, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AiprodError('bad-weights', 'the file says what cannot be', {
    where,
    found: z.prettifyError(parsed.error),
    hint: 'Download it again',
  });
}

/** The likeliest token behind the last one; of equals the first, as torch's argmax. */
function likeliest({ dims, data }: Ort.Tensor, length: number, where: string): number {
  if (dims.length !== 3 || dims[1] !== length) {
    throw new AiprodError('unsupported-model', 'the decoder gives no logits of each token', {
      where,
      expected: `[1, ${length}, vocabulary]`,
      found: `[${dims.join(', ')}]`,
    });
  }
  const all = data instanceof Uint16Array ? halfToFloatArray(data) : data;
  const size = dims[2];
  let best = 0;
  for (let token = 1; token < size; token++) {
    if (Number(all[(length - 1) * size + token]) > Number(all[(length - 1) * size + best])) best = token;
  }
  return best;
}
