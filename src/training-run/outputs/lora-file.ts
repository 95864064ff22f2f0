import { AiprodError } from '../../errors';
import { lowRankNames } from '../../graph';
import { bytesOf, type Lora, type SafetensorsMetadata, type TensorToWrite } from '../../weights';
import { adapterName, type TrainedPart } from '../subject/trained-part';

/** Reads a trained parameter, f32, in the order of its file. */
export type ReadTrained = (name: string) => Promise<Float32Array>;

/** Settings of an adapter that go into its file. */
export interface AdapterSettings {
  readonly rank: number;
  readonly alpha: number;
  readonly target_modules: readonly string[];
}

/**
 * An adapter as a LoRA file: names of diffusers, whose metadata says the scale. `aiprod generate --lora`, diffusers and ComfyUI's loaders read it.
 * @param referenceDownscale of an IC-LoRA: by how much its references are smaller than the clip
 */
export async function loraFile(
  { ranks, shapes }: TrainedPart,
  { rank, alpha, target_modules }: AdapterSettings,
  read: ReadTrained,
  referenceDownscale?: number,
): Promise<{ readonly tensors: Map<string, TensorToWrite>; readonly metadata: SafetensorsMetadata }> {
  const tensors = new Map<string, TensorToWrite>();
  for (const weight of ranks.keys()) {
    const module = `transformer.${weight.replace(/\.weight$/, '')}`;
    for (const [part, own] of [
      ['lora_A', lowRankNames.down(weight, adapterName)],
      ['lora_B', lowRankNames.up(weight, adapterName)],
    ] as const) {
      tensors.set(`${module}.${part}.weight`, { dtype: 'F32', shape: shapes.get(own) ?? [], bytes: bytesOf(await read(own)) });
    }
  }
  const config = { 'transformer.r': rank, 'transformer.lora_alpha': alpha, 'transformer.target_modules': [...target_modules] };
  const metadata: Record<string, string> = { format: 'pt', lora_adapter_metadata: JSON.stringify(config) };
  if (referenceDownscale !== undefined) metadata.reference_downscale_factor = String(referenceDownscale);
  return { tensors, metadata };
}

/** An adapter as it is now, as one that pipelines use. */
export function liveLora(name: string, { ranks }: TrainedPart, { rank, alpha }: AdapterSettings, read: ReadTrained): Lora {
  return {
    name,
    keyStyle: 'diffusers',
    ranks,
    differences: new Set(),
    referenceDownscaleFactor: undefined,
    async load(weight) {
      const [down, up] = [await read(lowRankNames.down(weight, adapterName)), await read(lowRankNames.up(weight, adapterName))];
      return { rank, down, up: up.map((value) => (value * alpha) / rank) };
    },
    loadDifference: (parameter) => Promise.reject(new AiprodError('internal', `an adapter has no difference of ${parameter}`)),
  };
}
