import type * as Ort from 'onnxruntime-web';
import { AiprodError } from '../../errors';
import { halfToFloatArray } from '../../numeric/half';
import { encodePrompts, type PromptBatch, type PromptEncoder } from '../prompt-encoder';
import { openTokenizer, type Tokenizer, type TokenizerFiles } from '../tokenizers';

/** onnxruntime-web, as `loadOnnxRuntime` gives it. */
export type OnnxRuntime = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

export interface OnnxEncoderOptions {
  /** File of the model in its folder; weights of its own may lie beside it under the same name and `_data`. Default model.onnx. */
  readonly file?: string;
  /** Output to take. Default `last_hidden_state`, or the only output. */
  readonly output?: string;
  /** Tokens that prompts are padded or cut to. Default as the tokenizer's config says. */
  readonly maxLength?: number;
  /** Default: the tokenizer in the folder of the model. */
  readonly tokenizer?: Tokenizer;
}

/** The output of an encoder that is taken: the one that is asked for, `last_hidden_state`, or the only one. */
export function encoderOutput(names: readonly string[], asked: string | undefined, where: string): string {
  const name = asked ?? (names.length === 1 ? names[0] : 'last_hidden_state');
  if (names.includes(name)) return name;
  throw new AiprodError('unsupported-model', 'the model does not have the output', { where, expected: name, found: names.join(', ') });
}

/** What each input of an encoder is made of. */
const inputs: Readonly<Record<string, (batch: PromptBatch) => ArrayLike<number>>> = {
  input_ids: ({ ids }) => ids,
  attention_mask: ({ mask }) => mask,
  token_type_ids: ({ ids }) => new Int32Array(ids.length),
  // Positions count tokens, so that padding on the left does not move them.
  position_ids: ({ mask, length }) => {
    let position = -1;
    return Int32Array.from(mask, (isToken, k) => {
      if (k % length === 0) position = -1;
      position += isToken;
      return Math.max(position, 0);
    });
  },
};

/**
 * Opens a text encoder in ONNX form: a folder with the model and a tokenizer. It takes token ids [B, N] and, where its inputs ask for
 * them, a mask, token types (one text: 0) and positions; it gives hidden states [B, N, D].
 *
 * @throws AiprodError 'bad-weights' when a file is missing or damaged, 'unsupported-model' when the model is no text encoder.
 */
export async function openOnnxEncoder(
  files: TokenizerFiles,
  runtime: OnnxRuntime,
  { file = 'model.onnx', output, maxLength, tokenizer: given }: OnnxEncoderOptions = {},
): Promise<PromptEncoder> {
  const where = `${files.name}/${file}`;
  const model = await files.readBytes(file);
  if (model === undefined) {
    throw new AiprodError('bad-weights', 'the model is not there', { where, expected: 'an ONNX file', hint: 'Check the folder' });
  }
  const tokenizer = given ?? (await openTokenizer(files));
  const session = await openSession(runtime, model, await files.readBytes(`${file}_data`), file, where);
  try {
    const wanted = session.inputNames.map((name) => inputOf(session, name, where));
    const result = encoderOutput(session.outputNames, output, where);
    return {
      name: where,
      async encode(prompts, signal) {
        signal?.throwIfAborted();
        const batch = encodePrompts(tokenizer, prompts, maxLength ?? tokenizer.maxLength);
        const dims = [prompts.length, batch.length];
        const feeds = Object.fromEntries(wanted.map(({ name, type, make }) => [name, tensorOf(runtime, type, make(batch), dims)]));
        const outputs = await session.run(feeds, [result]).catch((cause: unknown) => {
          throw cannotRun(where, batch.length, cause);
        });
        signal?.throwIfAborted();
        const { data, width } = hiddenStates(outputs[result], dims, where);
        return { prompts: prompts.length, length: batch.length, width, layers: 1, states: data, mask: batch.mask };
      },
      close: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** @throws AiprodError 'bad-weights' when onnxruntime does not take the model */
export async function openSession(
  { InferenceSession }: OnnxRuntime,
  model: Uint8Array,
  weights: Uint8Array | undefined,
  file: string,
  where: string,
): Promise<Ort.InferenceSession> {
  try {
    return await InferenceSession.create(model, {
      executionProviders: ['wasm'],
      logSeverityLevel: 3,
      ...(weights === undefined ? {} : { externalData: [{ path: `${file.slice(file.lastIndexOf('/') + 1)}_data`, data: weights }] }),
    });
  } catch (cause) {
    throw new AiprodError(
      'bad-weights',
      'onnxruntime does not take the model',
      { where, found: cause instanceof Error ? cause.message : String(cause), hint: 'Check that the download is complete' },
      { cause },
    );
  }
}

type IntegerType = 'int64' | 'int32';

function inputOf(session: Ort.InferenceSession, name: string, where: string) {
  const metadata = session.inputMetadata.find((input) => input.name === name);
  const type = metadata?.isTensor === true ? metadata.type : undefined;
  if (Object.hasOwn(inputs, name) && (type === 'int64' || type === 'int32')) return { name, type, make: inputs[name] } as const;
  throw new AiprodError('unsupported-model', 'the model asks for what a text encoder is not given', {
    where,
    expected: `inputs of int64 or int32: ${Object.keys(inputs).join(', ')}`,
    found: `${name} of ${type ?? 'no tensor type'}`,
    hint: 'Export the encoder alone, without a cache of keys and values',
  });
}

function tensorOf({ Tensor }: OnnxRuntime, type: IntegerType, values: ArrayLike<number>, dims: readonly number[]): Ort.Tensor {
  return type === 'int32'
    ? new Tensor('int32', Int32Array.from(values), dims)
    : new Tensor(
        'int64',
        BigInt64Array.from({ length: values.length }, (_, k) => BigInt(values[k])),
        dims,
      );
}

function hiddenStates(tensor: Ort.Tensor, [prompts, length]: readonly number[], where: string): { data: Float32Array; width: number } {
  const { dims, data } = tensor;
  if (dims.length === 3 && dims[0] === prompts && dims[1] === length) {
    if (data instanceof Float32Array) return { data, width: dims[2] };
    // Engines without Float16Array give the bits.
    if (data instanceof Uint16Array) return { data: halfToFloatArray(data), width: dims[2] };
    if (tensor.type === 'float16') return { data: Float32Array.from({ length: data.length }, (_, k) => Number(data[k])), width: dims[2] };
  }
  throw new AiprodError('unsupported-model', 'the model gives no hidden states', {
    where,
    expected: `float32 or float16 [${prompts}, ${length}, width]`,
    found: `${tensor.type} [${dims.join(', ')}]`,
    hint: 'Name the output that holds them',
  });
}

/** Most often more tokens than the encoder has places for, where its tokenizer does not say how many these are. */
function cannotRun(where: string, tokens: number, cause: unknown): AiprodError {
  return new AiprodError(
    'bad-weights',
    'the text encoder cannot be run',
    {
      where,
      expected: `an encoder that reads ${tokens} tokens`,
      found: cause instanceof Error ? cause.message.split('\n')[0] : String(cause),
      hint: 'Give model_max_length in a tokenizer_config.json beside it where it reads fewer',
    },
    { cause },
  );
}
