/** One random LoRA for the transformer of the reference case `wan_transformer`, in the styles of names that LoRAs of Wan 2.1 have. */
import { goldenFolder, readGoldenTensors } from '../../src/golden/testing';
import { randomNormal } from '../../src/numeric/random';
import { bytesOf, type LoraKeyStyle, type TensorToWrite } from '../../src/weights';
import { officialWanName } from '../../src/weights/testing';
import { loraFactor, loraFiles, randomPairs, type LoraMatrixPair, type LoraNaming } from './lora-layouts';

/** Layers of every kind that LoRAs are trained for. */
const layers = [
  'blocks.0.attn1.to_q',
  'blocks.0.attn1.to_out.0',
  'blocks.1.attn2.to_k',
  'blocks.1.ffn.net.0.proj',
  'blocks.1.ffn.net.2',
  'condition_embedder.time_embedder.linear_1',
  'condition_embedder.time_proj',
  'condition_embedder.text_embedder.linear_2',
  'proj_out',
] as const;

/** Whole differences of LoRAs that were cut out of distilled models, as `lightx2v` and Kijai publish them, and how their names end there. */
const differences: readonly (readonly [parameter: string, official: string])[] = [
  ['blocks.0.attn1.to_q.bias', 'blocks.0.self_attn.q.diff_b'],
  ['blocks.0.attn1.norm_q.weight', 'blocks.0.self_attn.norm_q.diff'],
  ['blocks.1.norm2.weight', 'blocks.1.norm3.diff'],
  ['blocks.1.norm2.bias', 'blocks.1.norm3.diff_b'],
  ['blocks.1.scale_shift_table', 'blocks.1.diff_m'],
  ['scale_shift_table', 'head.modulation.diff'],
  ['patch_embedding.bias', 'patch_embedding.diff_b'],
];

/** The weights that the LoRA is for. */
export const wanWeights = readGoldenTensors(goldenFolder('wan_transformer'), 'weights.safetensors');

function shapeOf(parameter: string): readonly number[] {
  const tensor = wanWeights.get(parameter);
  if (tensor === undefined) throw new Error(`no weight ${parameter}`);
  return tensor.shape;
}

export interface WanLora {
  /** By layer. */
  readonly pairs: ReadonlyMap<string, LoraMatrixPair>;
  /** For the convolution that makes patches: `down` [rank, C, 1, h, w], `up` [N, rank, 1, 1, 1]. */
  readonly patches: LoraMatrixPair;
  /** By parameter. */
  readonly differences: ReadonlyMap<string, Float32Array>;
}

const PATCHES = 'patch_embedding';

/** The same seed gives the same numbers on every machine. */
export function randomWanLora(seed: number): WanLora {
  const [features, ...kernel] = shapeOf(`${PATCHES}.weight`);
  const flat = [features, kernel.reduce((product, length) => product * length, 1)];
  const all = randomPairs(seed, [...layers, PATCHES], (layer) => (layer === PATCHES ? flat : shapeOf(`${layer}.weight`)));
  const patches = all.get(PATCHES);
  if (patches === undefined) throw new Error('no matrices for patches');
  all.delete(PATCHES);
  return {
    pairs: all,
    patches,
    differences: new Map(
      differences.map(([parameter], index) => {
        const count = shapeOf(parameter).reduce((product, length) => product * length, 1);
        return [parameter, randomNormal(seed, 200 + index, count).map((value) => 0.2 * value)] as const;
      }),
    ),
  };
}

export interface WanLoraLayout {
  readonly name: string;
  readonly style: LoraKeyStyle;
  /** `alpha / rank` that the file asks for. */
  readonly factor: number;
  /** Whether it has whole differences, and matrices for patches. */
  readonly whole: boolean;
  write(seed: number): Map<string, Uint8Array<ArrayBuffer>>;
}

const namings: Readonly<Record<string, LoraNaming & { readonly whole?: boolean }>> = {
  official: { style: 'comfyui', prefix: 'diffusion_model.', down: 'lora_A.weight', up: 'lora_B.weight', original: true },
  kijai: {
    style: 'comfyui',
    prefix: 'diffusion_model.',
    down: 'lora_down.weight',
    up: 'lora_up.weight',
    original: true,
    alpha: 2,
    whole: true,
  },
  diffusers: { style: 'diffusers', prefix: 'transformer.', down: 'lora_A.weight', up: 'lora_B.weight' },
  peft: { style: 'peft', prefix: 'base_model.model.', down: 'lora_A.default.weight', up: 'lora_B.default.weight' },
  diffsynth: { style: 'bare', prefix: '', down: 'lora_A.default.weight', up: 'lora_B.default.weight', original: true },
  musubi: { style: 'kohya', prefix: 'lora_unet_', down: 'lora_down.weight', up: 'lora_up.weight', flat: true, original: true, alpha: 8 },
};

const officialLayer = (layer: string): string => officialWanName('transformer_t2v', `${layer}.weight`).replace(/\.weight$/, '');

export const wanLoraLayouts: readonly WanLoraLayout[] = Object.entries(namings).map(([name, { whole = false, ...naming }]) => ({
  name: `wan-lora-${name}`,
  style: naming.style,
  factor: loraFactor(naming),
  whole,
  write(seed) {
    const lora = randomWanLora(seed);
    return loraFiles(naming, lora.pairs, officialLayer, whole ? wholeTensors(naming, lora) : new Map());
  },
}));

/** What is no pair of matrices for a dense layer, under official names. */
function wholeTensors({ prefix, down, up, alpha = 1 }: LoraNaming, lora: WanLora): Map<string, TensorToWrite> {
  const f32 = (shape: readonly number[], values: Float32Array): TensorToWrite => ({ dtype: 'F32', shape, bytes: bytesOf(values) });
  const [features, ...kernel] = shapeOf(`${PATCHES}.weight`);
  const rank = lora.patches.up.length / features;
  return new Map([
    [`${prefix}${PATCHES}.${down}`, f32([rank, ...kernel], lora.patches.down)],
    [`${prefix}${PATCHES}.${up}`, f32([features, rank, 1, 1, 1], lora.patches.up)],
    [`${prefix}${PATCHES}.alpha`, f32([], Float32Array.of(alpha))],
    ...differences.map(([parameter, official]) => {
      const values = lora.differences.get(parameter) ?? new Float32Array();
      return [`${prefix}${official}`, f32(shapeOf(parameter), values)] as const;
    }),
  ]);
}
