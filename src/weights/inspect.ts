import type { TensorDtype } from './dtypes';
import { loraStyleOf, type LoraKeyStyle } from './lora-keys';
import { ltxVaeVersion, type LtxVaeVersion } from './ltx-video-names';
import { findScaledWeights } from './scaled-weights';
import { gemma3Prefix, isGgufGemma3 } from './gemma3-names';
import { clipVisionNaming } from './clip-vision-names';
import { isGgufT5, isOfficialUmt5 } from './t5-names';
import type { WeightSet } from './weight-set';

/** A model that weights were recognised as. `naming` tells whose names the tensors have. */
export type Architecture =
  | { readonly kind: 'ltx-transformer'; readonly naming: 'official' | 'diffusers' }
  | { readonly kind: 'ltx2-transformer'; readonly naming: 'official' | 'diffusers' }
  | { readonly kind: 'ltx2-connectors'; readonly naming: 'official' | 'diffusers' }
  | { readonly kind: 'ltx2-audio-vae'; readonly naming: 'official' | 'diffusers' }
  | { readonly kind: 'ltx2-vocoder'; readonly naming: 'official' | 'diffusers' }
  | { readonly kind: 'ltx-vae'; readonly naming: 'official'; readonly version: LtxVaeVersion }
  | { readonly kind: 'ltx-vae'; readonly naming: 'diffusers' }
  | { readonly kind: 'wan-transformer'; readonly naming: 'official' | 'diffusers' }
  | { readonly kind: 'wan-vae'; readonly naming: 'official' | 'diffusers' }
  | { readonly kind: 'lora'; readonly naming: LoraKeyStyle }
  | { readonly kind: 't5-encoder'; readonly naming: 'transformers' | 'gguf' }
  | { readonly kind: 'umt5-encoder'; readonly naming: 'transformers' | 'gguf' | 'official' }
  | { readonly kind: 'clip-vision'; readonly naming: 'transformers' | 'official' }
  | { readonly kind: 'gemma3-encoder'; readonly naming: 'transformers' | 'gguf' };

export interface TensorSummary {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** What `aiprod models inspect` shows: plain data. */
export interface WeightSummary {
  readonly name: string;
  readonly files: readonly string[];
  /** Sorted by name. */
  readonly tensors: readonly TensorSummary[];
  readonly parameters: number;
  /** Bytes of all tensors, without headers. */
  readonly bytes: number;
  /** Per element type: tensors, elements and bytes. */
  readonly dtypes: readonly {
    readonly dtype: TensorDtype;
    readonly tensors: number;
    readonly parameters: number;
    readonly bytes: number;
  }[];
  readonly metadata: Readonly<Record<string, string>>;
  /** Everything recognised; a single-file checkpoint holds several models. Empty when unknown. */
  readonly architectures: readonly Architecture[];
  /** What a person should know beside, a sentence each: scales found, tensors that are not used. */
  readonly notes: readonly string[];
}

/** Sums up open weights from their headers alone. */
export function inspectWeights(weights: WeightSet): WeightSummary {
  const tensors: TensorSummary[] = [];
  const byDtype = new Map<TensorDtype, { dtype: TensorDtype; tensors: number; parameters: number; bytes: number }>();
  let parameters = 0;
  let bytes = 0;
  for (const { name, dtype, shape, byteLength } of weights.tensors.values()) {
    tensors.push({ name, dtype, shape, bytes: byteLength });
    const elements = shape.reduce((product, length) => product * length, 1);
    const sum = byDtype.get(dtype) ?? { dtype, tensors: 0, parameters: 0, bytes: 0 };
    sum.tensors += 1;
    sum.parameters += elements;
    sum.bytes += byteLength;
    byDtype.set(dtype, sum);
    parameters += elements;
    bytes += byteLength;
  }
  return {
    name: weights.name,
    files: weights.files.map((file) => file.name),
    tensors: tensors.sort((a, b) => (a.name < b.name ? -1 : 1)),
    parameters,
    bytes,
    dtypes: [...byDtype.values()].sort((a, b) => b.bytes - a.bytes),
    metadata: Object.fromEntries(weights.metadata),
    architectures: recogniseArchitectures(new Map([...weights.tensors].map(([name, { shape }]) => [name, shape]))),
    notes: notesOf(weights),
  };
}

function notesOf({ tensors, name }: WeightSet): string[] {
  const { weights, unusedInputScales } = findScaledWeights(tensors, name);
  const notes: string[] = [];
  const kinds = new Map<string, number>();
  for (const { encoding } of weights.values()) kinds.set(encoding, (kinds.get(encoding) ?? 0) + 1);
  for (const [encoding, count] of kinds) notes.push(`${count} ${encoding} weights have scales beside them`);
  if (unusedInputScales > 0) notes.push(`${unusedInputScales} scales of activations are not used: activations are not quantised here`);
  return notes;
}

/** The models that tensor names and shapes belong to; none when nothing is recognised. */
export function recogniseArchitectures(shapes: ReadonlyMap<string, readonly number[]>): Architecture[] {
  const names = [...shapes.keys()];
  const has = (ending: string): boolean => names.some((name) => name === ending || name.endsWith(`.${ending}`));
  const found: Architecture[] = [];
  if (has('patchify_proj.weight') && has('adaln_single.linear.weight')) {
    found.push({ kind: has('audio_patchify_proj.weight') ? 'ltx2-transformer' : 'ltx-transformer', naming: 'official' });
  } else if (has('proj_in.weight') && has('time_embed.linear.weight') && has('transformer_blocks.0.attn1.norm_q.weight')) {
    found.push({ kind: has('audio_proj_in.weight') ? 'ltx2-transformer' : 'ltx-transformer', naming: 'diffusers' });
  }
  const version = ltxVaeVersion(shapes);
  if (version !== undefined) found.push({ kind: 'ltx-vae', naming: 'official', version });
  else if (has('encoder.conv_in.conv.weight') && has('decoder.mid_block.resnets.0.conv1.conv.weight') && has('latents_mean')) {
    found.push({ kind: 'ltx-vae', naming: 'diffusers' });
  }
  found.push(...ltx2Parts(names));
  found.push(...wanParts(has));
  if (has('encoder.block.0.layer.0.SelfAttention.q.weight')) {
    // In UMT5 every block has its own position bias; T5 shares the first block's.
    const isUmt5 = has('encoder.block.1.layer.0.SelfAttention.relative_attention_bias.weight');
    found.push({ kind: isUmt5 ? 'umt5-encoder' : 't5-encoder', naming: 'transformers' });
  }
  if (isOfficialUmt5(names)) found.push({ kind: 'umt5-encoder', naming: 'official' });
  const clip = clipVisionNaming(names);
  if (clip !== undefined) found.push({ kind: 'clip-vision', naming: clip });
  if (isGgufT5(names)) {
    found.push({ kind: has('enc.blk.1.attn_rel_b.weight') ? 'umt5-encoder' : 't5-encoder', naming: 'gguf' });
  }
  if (isGgufGemma3(names)) found.push({ kind: 'gemma3-encoder', naming: 'gguf' });
  else if (gemma3Prefix(names) !== undefined) found.push({ kind: 'gemma3-encoder', naming: 'transformers' });
  const style = loraStyleOf(names);
  if (style !== undefined) found.push({ kind: 'lora', naming: style });
  return found;
}

/** Names that only one part of LTX-2 has, in either naming. The official audio VAE lies under a prefix; by itself it is diffusers'. */
const LTX2_MARKS = {
  'ltx2-connectors': { official: /(^|\.)video_embeddings_connector\./, diffusers: /^(connectors\.)?video_connector\./ },
  'ltx2-audio-vae': { official: /^audio_vae\.encoder\.down\.0\./, diffusers: /^encoder\.down\.0\.block\.0\.conv1\.conv\./ },
  'ltx2-vocoder': { official: /(^|\.)conv_pre\.weight$/, diffusers: /^(vocoder\.)?upsamplers\.0\.weight$/ },
} as const;

function ltx2Parts(names: readonly string[]): Architecture[] {
  return (['ltx2-connectors', 'ltx2-audio-vae', 'ltx2-vocoder'] as const).flatMap((kind) => {
    const naming = (['official', 'diffusers'] as const).find((candidate) => names.some((name) => LTX2_MARKS[kind][candidate].test(name)));
    return naming === undefined ? [] : [{ kind, naming }];
  });
}

/** Parts of Wan 2.1. */
function wanParts(has: (ending: string) => boolean): Architecture[] {
  const marks = [
    { kind: 'wan-transformer', naming: 'official', name: 'time_projection.1.weight' },
    { kind: 'wan-transformer', naming: 'diffusers', name: 'condition_embedder.time_proj.weight' },
    { kind: 'wan-vae', naming: 'official', name: 'decoder.middle.0.residual.0.gamma' },
    { kind: 'wan-vae', naming: 'diffusers', name: 'decoder.mid_block.resnets.0.norm1.gamma' },
  ] as const;
  return marks.flatMap(({ kind, naming, name }) => (has(name) ? [{ kind, naming }] : []));
}
