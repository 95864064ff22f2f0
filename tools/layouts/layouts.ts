/** Every layout of weight files that the weights room reads, written from one checkpoint. */
import { encodings, type EncodedTensor, type EncodeOptions, type Encoding } from '../../src/numeric/quantized';
import {
  ggufOfEncoded,
  ggufT5Names,
  LTX_TRANSFORMER_NAMES,
  renamedNames,
  safetensorsOfEncoded,
  writeGguf,
  writeSafetensors,
  type GgufTensorToWrite,
  type GgufValueToWrite,
  type RenameRules,
  type TensorToWrite,
} from '../../src/weights';
import { componentNames, type Component, type ComponentName } from './checkpoint';

export interface Layout {
  /** A folder's name. */
  readonly name: string;
  readonly component: ComponentName;
  /** The encoding of large weights. Small ones, and rows that hold no whole blocks, stay in f32 or f16. */
  readonly encoding: Encoding;
  /** Least cosine of the angle between the model's output with these weights and with the f32 ones. */
  readonly similarity: number;
  /** How the file's names become those of the reference class; absent when they are so. */
  readonly renaming?: RenameRules;
  /** Each weight as the file keeps it. */
  encode(component: Component): Map<string, EncodedTensor>;
  /** The files, by path; `encoded` is what `encode` gave. */
  write(component: Component, encoded: ReadonlyMap<string, EncodedTensor>): Map<string, Uint8Array<ArrayBuffer>>;
}

/** Least cosine that outputs of these small models keep; normal weights are the hardest there are to quantise, and T5 feels it most. */
export const similarities: Readonly<Record<Encoding, number>> = {
  f32: 1,
  f16: 0.99999,
  bf16: 0.9999,
  fp8_e4m3: 0.98,
  fp8_e5m2: 0.975,
  int8: 0.999,
  int4: 0.92,
  q8_0: 0.9995,
  q4_0: 0.94,
  q4_1: 0.95,
  q5_0: 0.98,
  q5_1: 0.98,
  q2_k: 0.6,
  q3_k: 0.8,
  q4_k: 0.96,
  q5_k: 0.985,
  q6_k: 0.995,
};

/** Encodes what a quantiser of that format would: weights of two dimensions and more. */
function encodeAll({ weights }: Component, encoding: Encoding, options: EncodeOptions): Map<string, EncodedTensor> {
  const encoded = new Map<string, EncodedTensor>();
  for (const [name, { shape, values }] of weights) {
    const chosen = choose(name, shape, encoding, options);
    const rowLength = rowLengthOf(shape, chosen);
    encoded.set(name, { encoding: chosen, shape, ...encodings[chosen].encode(values, rowLength, options) });
  }
  return encoded;
}

function choose(name: string, shape: readonly number[], encoding: Encoding, { groupSize = 32 }: EncodeOptions): Encoding {
  if (encoding === 'f32' || encoding === 'f16' || encoding === 'bf16') return shape.length < 2 ? 'f32' : encoding;
  if (shape.length < 2 || !name.endsWith('.weight')) return 'f32';
  const multiple = encoding === 'int4' ? groupSize : encodings[encoding].blockElements;
  return rowLengthOf(shape, encoding) % multiple === 0 && (encoding !== 'int4' || shape.length === 2) ? encoding : 'f16';
}

/** Blocks lie along the innermost axis; scales per row belong to the outermost. */
function rowLengthOf(shape: readonly number[], encoding: Encoding): number {
  const count = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 0) return count;
  return encodings[encoding].scales === 'none' ? shape[shape.length - 1] : count / shape[0];
}

interface SafetensorsVariant extends EncodeOptions {
  readonly name: string;
  readonly encoding: Encoding;
  readonly shards?: number;
  /** ComfyUI's names of scales, and its marker. */
  readonly isComfy?: boolean;
}

const safetensorsVariants: readonly SafetensorsVariant[] = [
  { name: 'f32', encoding: 'f32' },
  { name: 'f16', encoding: 'f16' },
  { name: 'bf16', encoding: 'bf16' },
  { name: 'bf16-sharded', encoding: 'bf16', shards: 3 },
  { name: 'fp8_e4m3', encoding: 'fp8_e4m3' },
  { name: 'fp8_e4m3-scaled', encoding: 'fp8_e4m3', scaling: 'tensor', isComfy: true },
  { name: 'fp8_e4m3-scaled-rows', encoding: 'fp8_e4m3', scaling: 'row' },
  { name: 'fp8_e5m2', encoding: 'fp8_e5m2' },
  { name: 'fp8_e5m2-scaled', encoding: 'fp8_e5m2', scaling: 'tensor', isComfy: true },
  { name: 'int8', encoding: 'int8' },
  { name: 'int8-sharded', encoding: 'int8', shards: 2 },
  { name: 'int4-32', encoding: 'int4', groupSize: 32 },
  { name: 'int4-64-zeros', encoding: 'int4', groupSize: 64, zeros: true },
];

/** Base names of weight files in the folder of a component. */
const baseNames: Readonly<Record<ComponentName, string>> = {
  transformer: 'diffusion_pytorch_model',
  vae: 'diffusion_pytorch_model',
  text_encoder: 'model',
};

function safetensorsLayout(
  component: ComponentName,
  { name, encoding, shards = 1, isComfy = false, ...options }: SafetensorsVariant,
): Layout {
  return {
    name: `${component}-safetensors-${name}`,
    component,
    encoding,
    similarity: similarities[encoding],
    encode: (source) => encodeAll(source, encoding, options),
    write(_, encoded) {
      const groups = [...encoded].map(([weight, tensor]) => [...safetensorsOfEncoded(weight, tensor)]);
      const named = isComfy
        ? groups.map((group) => group.map(([key, tensor]) => [key.replace(/\.weight_scale$/, '.scale_weight'), tensor] as const))
        : groups;
      if (isComfy) {
        named.push([['scaled_fp8', { dtype: encoding === 'fp8_e4m3' ? 'F8_E4M3' : 'F8_E5M2', shape: [0], bytes: new Uint8Array(0) }]]);
        // A scale of activations, which has to change nothing.
        const [weight] = named
          .flat()
          .map(([key]) => key)
          .filter((key) => key.endsWith('.scale_weight'));
        named.push([
          [weight.replace(/scale_weight$/, 'scale_input'), { dtype: 'F32', shape: [], bytes: new Uint8Array(Float32Array.of(3).buffer) }],
        ]);
      }
      return shards === 1
        ? new Map([[`${baseNames[component]}.safetensors`, writeSafetensors(new Map(named.flat()))]])
        : writeShards(baseNames[component], named, shards);
    },
  };
}

/** Weights dealt out to files, and the index that tells which is where. A scale may well be in another file than its weight. */
function writeShards(
  base: string,
  groups: readonly (readonly (readonly [string, TensorToWrite])[])[],
  shards: number,
): Map<string, Uint8Array<ArrayBuffer>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const weightMap: Record<string, string> = {};
  const tensors = groups.flat();
  for (let shard = 0; shard < shards; shard++) {
    const file = `${base}-${String(shard + 1).padStart(5, '0')}-of-${String(shards).padStart(5, '0')}.safetensors`;
    const own = new Map(tensors.filter((_, k) => k % shards === shard));
    for (const name of own.keys()) weightMap[name] = file;
    files.set(file, writeSafetensors(own, { format: 'pt' }));
  }
  const size = tensors.reduce((sum, [, { bytes }]) => sum + bytes.byteLength, 0);
  const index = { metadata: { total_size: size }, weight_map: weightMap };
  return files.set(`${base}.safetensors.index.json`, new TextEncoder().encode(JSON.stringify(index)));
}

const ggufEncodings = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'q2_k', 'q3_k', 'q4_k', 'q5_k', 'q6_k'] as const;

/** What GGUF files of a component are called and how their names become those of the reference class. */
const ggufConventions: Readonly<
  Record<ComponentName, { readonly architecture: string; readonly renaming?: (names: Iterable<string>) => RenameRules }>
> = {
  transformer: { architecture: 'ltxv', renaming: () => LTX_TRANSFORMER_NAMES },
  vae: { architecture: 'vae' },
  text_encoder: { architecture: 't5encoder', renaming: () => ggufT5Names(['enc.blk.0.ffn_gate.weight']) },
};

function ggufLayout(component: ComponentName, encoding: (typeof ggufEncodings)[number]): Layout {
  const { architecture, renaming } = ggufConventions[component];
  return {
    name: `${component}-gguf-${encoding}`,
    component,
    encoding,
    similarity: similarities[encoding],
    renaming: renaming?.([]),
    encode: (source) => encodeAll(source, encoding, {}),
    write(source, encoded) {
      const originals = renaming === undefined ? undefined : originalNames(encoded.keys(), renaming(encoded.keys()));
      const tensors = new Map<string, GgufTensorToWrite>();
      for (const [name, tensor] of encoded) tensors.set(originals?.get(name) ?? name, ggufOfEncoded(name, tensor));
      return new Map([
        [`model-${encoding.toUpperCase()}.gguf`, writeGguf(tensors, { architecture, values: metadataOf(source, architecture) })],
      ]);
    },
  };
}

/** The name that a file gives each of the reference class's: the rules read backwards. */
function originalNames(names: Iterable<string>, { rules }: RenameRules): Map<string, string> {
  const backwards: RenameRules = { prefixes: [''], rules: rules.map(({ from, to }) => ({ from: to, to: from })) };
  return new Map([...renamedNames(names, backwards, 'checkpoint')].map(([original, name]) => [name, original]));
}

function metadataOf({ name, config }: Component, architecture: string): Map<string, GgufValueToWrite> {
  const values = new Map<string, GgufValueToWrite>([['general.name', { type: 'string', value: `random ${name}` }]]);
  if (name !== 'text_encoder') return values;
  const numbers: readonly (readonly [string, string])[] = [
    ['embedding_length', 'd_model'],
    ['feed_forward_length', 'd_ff'],
    ['block_count', 'num_layers'],
    ['attention.head_count', 'num_heads'],
    ['attention.key_length', 'd_kv'],
    ['attention.relative_buckets_count', 'relative_attention_num_buckets'],
  ];
  for (const [key, field] of numbers) values.set(`${architecture}.${key}`, { type: 'u32', value: Number(config[field]) });
  return values.set(`${architecture}.attention.layer_norm_rms_epsilon`, { type: 'f32', value: 1e-6 });
}

/** The components, each in every layout. */
export const layouts: readonly Layout[] = componentNames.flatMap((component) => [
  ...safetensorsVariants.map((variant) => safetensorsLayout(component, variant)),
  ...ggufEncodings.map((encoding) => ggufLayout(component, encoding)),
]);
