/** A random UMT5 for the model of tools/tiny-wan, in the files that people have it in: ComfyUI's, and city96's GGUF. */
import { buildTextEncoderGraph, parameterShapes, parseTextEncoderConfig } from '../../src/models';
import { encodings, type EncodedTensor, type Encoding } from '../../src/numeric/quantized';
import { randomNormal } from '../../src/numeric/random';
import { bytePieces, spieceModel, type TypedPiece } from '../../src/text/testing';
import {
  ggufOfEncoded,
  safetensorsOfEncoded,
  writeGguf,
  writeSafetensors,
  type GgufTensorToWrite,
  type GgufValueToWrite,
  type TensorToWrite,
} from '../../src/weights';

const words = ['▁', '▁a', '▁ball', '▁bounces', ...'abcdefghijklmnopqrstuvwxyz'];

/** Its vocabulary, with pieces for bytes as UMT5 has them; unused ones fill the table of embeddings. */
export const umt5Pieces: readonly TypedPiece[] = [
  ['<pad>', 0, 3],
  ['</s>', 0, 3],
  ['<unk>', 0, 2],
  ...bytePieces,
  ...words.map((word, place): TypedPiece => [word, -1 - place / 8, 1]),
];
const TABLE_ROWS = 320;

export const umt5Config = { model_type: 'umt5', vocab_size: TABLE_ROWS, d_model: 24, d_kv: 8, d_ff: 32, num_layers: 2, num_heads: 2 };

/** Weights by the names of transformers. */
export function umt5Weights(seed: number): Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }> {
  const { graph } = buildTextEncoderGraph(parseTextEncoderConfig(umt5Config), { batch: 1, length: 4, masked: true });
  return new Map(
    [...parameterShapes(graph)].map(([name, shape], stream) => {
      const count = shape.reduce((product, length) => product * length, 1);
      return [name, { shape, values: randomNormal(seed, stream, count).map((value) => value / Math.sqrt(shape.at(-1) ?? 1)) }] as const;
    }),
  );
}

function encodeAll(seed: number, encodingOf: (shape: readonly number[]) => Encoding): Map<string, EncodedTensor> {
  return new Map(
    [...umt5Weights(seed)].map(([name, { shape, values }]) => {
      const encoding = encodingOf(shape);
      const scaling = encoding === 'fp8_e4m3' ? { scaling: 'tensor' as const } : {};
      return [name, { encoding, shape, ...encodings[encoding].encode(values, shape.at(-1) ?? 1, scaling) }] as const;
    }),
  );
}

/** Names of llama.cpp for the layers of a block. */
const ggufNames: Readonly<Record<string, string>> = {
  'shared.weight': 'token_embd.weight',
  'encoder.final_layer_norm.weight': 'enc.output_norm.weight',
  'layer.0.layer_norm': 'attn_norm',
  'layer.0.SelfAttention.q': 'attn_q',
  'layer.0.SelfAttention.k': 'attn_k',
  'layer.0.SelfAttention.v': 'attn_v',
  'layer.0.SelfAttention.o': 'attn_o',
  'layer.0.SelfAttention.relative_attention_bias': 'attn_rel_b',
  'layer.1.layer_norm': 'ffn_norm',
  'layer.1.DenseReluDense.wi_0': 'ffn_gate',
  'layer.1.DenseReluDense.wi_1': 'ffn_up',
  'layer.1.DenseReluDense.wo': 'ffn_down',
};

function ggufName(name: string): string {
  const block = /^encoder\.block\.(\d+)\.(.*)\.weight$/.exec(name);
  return block === null ? ggufNames[name] : `enc.blk.${block[1]}.${ggufNames[block[2]]}.weight`;
}

export interface Umt5Layout {
  readonly name: string;
  /** How the file keeps each weight. */
  encode(seed: number): Map<string, EncodedTensor>;
  write(seed: number): Map<string, Uint8Array<ArrayBuffer>>;
}

// Norms and tables of positions stay as they are, and the embeddings in 16 bits.
const encodeComfy = (seed: number) =>
  encodeAll(seed, ([rows, width]) => (width === undefined || rows === 32 || rows === TABLE_ROWS ? 'f16' : 'fp8_e4m3'));
const encodeGguf = (seed: number) => encodeAll(seed, ([, width]) => (width === undefined ? 'f32' : width % 32 === 0 ? 'q8_0' : 'f16'));

export const umt5Layouts: readonly Umt5Layout[] = [
  {
    name: 'wan-umt5-comfyui',
    encode: encodeComfy,
    write(seed) {
      const tensors = new Map<string, TensorToWrite>();
      for (const [name, encoded] of encodeComfy(seed)) {
        for (const [key, tensor] of safetensorsOfEncoded(name, encoded))
          tensors.set(key.replace(/\.weight_scale$/, '.scale_weight'), tensor);
      }
      tensors.set('scaled_fp8', { dtype: 'F8_E4M3', shape: [0], bytes: new Uint8Array() });
      const model = spieceModel(umt5Pieces);
      tensors.set('spiece_model', { dtype: 'U8', shape: [model.length], bytes: model });
      return new Map([['umt5_xxl_fp8_e4m3fn_scaled.safetensors', writeSafetensors(tensors)]]);
    },
  },
  {
    name: 'wan-umt5-gguf',
    encode: encodeGguf,
    write(seed) {
      const tensors = new Map<string, GgufTensorToWrite>();
      for (const [name, encoded] of encodeGguf(seed)) tensors.set(ggufName(name), ggufOfEncoded(name, encoded));
      return new Map([['umt5-xxl-encoder-Q8_0.gguf', writeGguf(tensors, { architecture: 't5encoder', values: ggufValues() })]]);
    },
  },
];

/** Sizes and tokenizer as llama.cpp's converter writes them, which fills the vocabulary up to the table with unused tokens. */
function ggufValues(): Map<string, GgufValueToWrite> {
  const filling = Array.from({ length: TABLE_ROWS - umt5Pieces.length }, (_, k): TypedPiece => [
    `[PAD${umt5Pieces.length + k}]`,
    -10_000,
    5,
  ]);
  const pieces = [...umt5Pieces, ...filling];
  const sizes = {
    embedding_length: umt5Config.d_model,
    feed_forward_length: umt5Config.d_ff,
    block_count: umt5Config.num_layers,
    'attention.head_count': umt5Config.num_heads,
    'attention.key_length': umt5Config.d_kv,
    'attention.relative_buckets_count': 32,
  };
  return new Map<string, GgufValueToWrite>([
    ...Object.entries(sizes).map(([key, value]) => [`t5encoder.${key}`, { type: 'u32', value }] as const),
    ['t5encoder.attention.layer_norm_rms_epsilon', { type: 'f32', value: 1e-6 }],
    ['tokenizer.ggml.model', { type: 'string', value: 't5' }],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', values: pieces.map(([text]) => text) }],
    ['tokenizer.ggml.scores', { type: 'array', of: 'f32', values: pieces.map(([, score]) => score) }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', values: pieces.map(([, , type]) => type) }],
    ['tokenizer.ggml.add_space_prefix', { type: 'bool', value: true }],
    ['tokenizer.ggml.remove_extra_whitespaces', { type: 'bool', value: true }],
    ['tokenizer.ggml.precompiled_charsmap', { type: 'array', of: 'u8', values: [0] }],
  ]);
}
