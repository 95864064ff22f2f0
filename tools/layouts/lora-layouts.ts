/** Random LoRAs in every style of names that is read: one for the transformer of originals.ts. */
import { randomNormal } from '../../src/numeric/random';
import { bytesOf, writeSafetensors, type LoraKeyStyle, type TensorToWrite } from '../../src/weights';
import { originalTransformer, originalTransformerName } from './originals';

const RANK = 4;

/** Layers of every kind that LoRAs are trained for; two have other names in the original checkpoint. */
export const loraLayers = [
  'proj_in',
  'time_embed.linear',
  'transformer_blocks.0.attn1.to_q',
  'transformer_blocks.0.attn1.to_out.0',
  'transformer_blocks.1.attn2.to_k',
  'transformer_blocks.1.ff.net.0.proj',
  'transformer_blocks.1.ff.net.2',
] as const;

export interface LoraMatrixPair {
  /** [rank, K] */
  readonly down: Float32Array;
  /** [N, rank] */
  readonly up: Float32Array;
  readonly shape: readonly [features: number, width: number];
}

/** The same seed gives the same matrices on every machine. */
export function randomLora(seed: number): Map<string, LoraMatrixPair> {
  const { weights } = originalTransformer(seed);
  return randomPairs(seed, loraLayers, (layer) => weights.get(`${layer}.weight`)?.shape ?? []);
}

/** Random matrices for dense layers, whose weights have the shape [N, K]. */
export function randomPairs(
  seed: number,
  layers: readonly string[],
  shapeOf: (layer: string) => readonly number[],
): Map<string, LoraMatrixPair> {
  return new Map(
    layers.map((layer, index) => {
      const [features, width] = shapeOf(layer);
      const matrix = (stream: number, count: number, fanIn: number): Float32Array =>
        randomNormal(seed, stream, count).map((value) => value / Math.sqrt(fanIn));
      const [down, up] = [matrix(100 + 2 * index, RANK * width, width), matrix(101 + 2 * index, features * RANK, RANK)];
      return [layer, { down, up, shape: [features, width] }] as const;
    }),
  );
}

export interface LoraLayout {
  readonly name: string;
  readonly style: LoraKeyStyle;
  /** `alpha / rank` that the file or its configuration asks for. */
  readonly factor: number;
  write(seed: number): Map<string, Uint8Array<ArrayBuffer>>;
}

export interface LoraNaming {
  readonly style: LoraKeyStyle;
  readonly prefix: string;
  readonly down: string;
  readonly up: string;
  /** Layers under the names of the original checkpoint. */
  readonly original?: boolean;
  /** Underscores in place of dots. */
  readonly flat?: boolean;
  readonly alpha?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly adapterConfig?: object;
}

const namings: Readonly<Record<string, LoraNaming>> = {
  diffusers: { style: 'diffusers', prefix: 'transformer.', down: 'lora_A.weight', up: 'lora_B.weight' },
  'diffusers-metadata': {
    style: 'diffusers',
    prefix: 'transformer.',
    down: 'lora_A.weight',
    up: 'lora_B.weight',
    metadata: { lora_adapter_metadata: JSON.stringify({ 'transformer.r': RANK, 'transformer.lora_alpha': 2 }) },
  },
  'diffusers-old': { style: 'diffusers', prefix: 'transformer.', down: 'lora.down.weight', up: 'lora.up.weight' },
  peft: {
    style: 'peft',
    prefix: 'base_model.model.',
    down: 'lora_A.weight',
    up: 'lora_B.weight',
    adapterConfig: { peft_type: 'LORA', r: RANK, lora_alpha: 8 },
  },
  'peft-named': { style: 'peft', prefix: 'base_model.model.', down: 'lora_A.default.weight', up: 'lora_B.default.weight' },
  comfyui: { style: 'comfyui', prefix: 'diffusion_model.', down: 'lora_A.weight', up: 'lora_B.weight', original: true, alpha: 2 },
  'comfyui-up-down': { style: 'comfyui', prefix: 'diffusion_model.', down: 'lora_down.weight', up: 'lora_up.weight', original: true },
  kohya: { style: 'kohya', prefix: 'lora_unet_', down: 'lora_down.weight', up: 'lora_up.weight', flat: true, original: true, alpha: 8 },
  'kohya-diffusers-names': { style: 'kohya', prefix: 'lora_unet_', down: 'lora_down.weight', up: 'lora_up.weight', flat: true, alpha: 1 },
  bare: { style: 'bare', prefix: '', down: 'lora_A.weight', up: 'lora_B.weight' },
  'ic-lora': {
    style: 'comfyui',
    prefix: 'diffusion_model.',
    down: 'lora_A.weight',
    up: 'lora_B.weight',
    original: true,
    metadata: { reference_downscale_factor: '2' },
  },
};

/** Alphas that are not beside the layers. */
const CONFIGURED_ALPHAS: Readonly<Record<string, number>> = { 'diffusers-metadata': 2, peft: 8 };

export const loraLayouts: readonly LoraLayout[] = Object.entries(namings).map(([name, naming]) => ({
  name: `lora-${name}`,
  style: naming.style,
  factor: name in CONFIGURED_ALPHAS ? CONFIGURED_ALPHAS[name] / RANK : loraFactor(naming),
  write: (seed) => loraFiles(naming, randomLora(seed), (layer) => originalTransformerName(`${layer}.`).slice(0, -1)),
}));

/** `alpha / rank` of a naming whose configuration says no other. */
export function loraFactor({ alpha = RANK }: LoraNaming): number {
  return alpha / RANK;
}

/**
 * The files of a LoRA.
 * @param originalName of a layer in the original checkpoint
 * @param more tensors, by the names of the file
 */
export function loraFiles(
  naming: LoraNaming,
  pairs: ReadonlyMap<string, LoraMatrixPair>,
  originalName: (layer: string) => string,
  more: ReadonlyMap<string, TensorToWrite> = new Map(),
): Map<string, Uint8Array<ArrayBuffer>> {
  const tensors = new Map(more);
  for (const [layer, { down, up, shape }] of pairs) {
    const named = naming.original === true ? originalName(layer) : layer;
    const module = `${naming.prefix}${naming.flat === true ? named.replaceAll('.', '_') : named}`;
    tensors.set(`${module}.${naming.down}`, { dtype: 'F32', shape: [RANK, shape[1]], bytes: bytesOf(down) });
    tensors.set(`${module}.${naming.up}`, { dtype: 'F32', shape: [shape[0], RANK], bytes: bytesOf(up) });
    if (naming.alpha !== undefined)
      tensors.set(`${module}.alpha`, { dtype: 'F32', shape: [], bytes: bytesOf(Float32Array.of(naming.alpha)) });
  }
  const files = new Map([['adapter_model.safetensors', writeSafetensors(tensors, naming.metadata ?? {})]]);
  if (naming.adapterConfig !== undefined) files.set('adapter_config.json', new TextEncoder().encode(JSON.stringify(naming.adapterConfig)));
  return files;
}
