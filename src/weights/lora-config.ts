import { z } from 'zod';
import { AiprodError } from '../errors';
import type { LoraSource } from './lora';
import { parseStrictJson } from './strict-json';

/** Numbers by a pattern that a layer's name ends with. */
const pattern = z.record(z.string(), z.number().positive()).nullish();

/** What matters of a PEFT configuration (`LoraConfig`): adapter_config.json, or what diffusers writes into the metadata. */
const adapterConfigSchema = z.object({
  r: z.number().int().positive().nullish(),
  lora_alpha: z.number().positive().nullish(),
  rank_pattern: pattern,
  alpha_pattern: pattern,
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
});
export type AdapterConfig = z.output<typeof adapterConfigSchema>;

const METADATA_KEY = 'lora_adapter_metadata';
/** diffusers prefixes every field with the component's name. */
const COMPONENT = 'transformer.';

const JSON_LIMITS = { depth: 16, keys: 10_000 };

/**
 * The adapter's configuration, when there is one.
 * @throws AiprodError 'bad-weights' when it is malformed.
 */
export function parseAdapterConfig({ name, adapterConfig, metadata }: LoraSource): AdapterConfig | undefined {
  const text = metadata?.get(METADATA_KEY);
  const value = adapterConfig ?? (text === undefined ? undefined : withoutComponent(parseStrictJson(text, name, JSON_LIMITS)));
  if (value === undefined) return undefined;
  const parsed = adapterConfigSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AiprodError('bad-weights', 'the configuration of the adapter is malformed', {
    where: name,
    expected: "PEFT's LoraConfig as JSON",
    found: `${issue.path.map(String).join('.')}: ${issue.message}`,
  });
}

function withoutComponent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key.startsWith(COMPONENT) ? key.slice(COMPONENT.length) : key, entry]),
  );
}

/** `alpha / rank` of a layer, or `alpha / sqrt(rank)` for rank-stabilised LoRA (Kalajdzievski 2023), as PEFT finds it. */
export function adapterScaling(config: AdapterConfig, layer: string, rank: number): number {
  const alpha = patternValue(config.alpha_pattern, layer) ?? config.lora_alpha ?? rank;
  return alpha / (config.use_rslora === true ? Math.sqrt(rank) : rank);
}

function patternValue(values: z.output<typeof pattern>, layer: string): number | undefined {
  const found = Object.entries(values ?? {}).find(([ending]) => layer === ending || layer.endsWith(`.${ending}`));
  return found?.[1];
}
