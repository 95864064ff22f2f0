import { compileRules, type RenameRules } from './parameters';

/** Whose names a LoRA file has: diffusers, PEFT, ComfyUI (the checkpoint's own prefix), kohya (underscores), or none of their prefixes. */
export type LoraKeyStyle = 'diffusers' | 'peft' | 'comfyui' | 'kohya' | 'bare';

/** What a tensor of a LoRA is for its layer: the matrix A that reads, the matrix B that writes, or the numerator of the scale. */
export type LoraPart = 'down' | 'up' | 'alpha';

/** Which parameter of a layer a tensor of a LoRA is added to as it is. */
export type LoraDifference = 'weight' | 'bias' | 'modulation';

/** How names end; `*` is an adapter's name, which PEFT puts between. */
const ENDINGS: readonly (readonly [ending: string, part: LoraPart])[] = [
  ['lora_A.weight', 'down'],
  ['lora_A.*.weight', 'down'],
  ['lora_down.weight', 'down'],
  ['lora.down.weight', 'down'],
  ['lora_B.weight', 'up'],
  ['lora_B.*.weight', 'up'],
  ['lora_up.weight', 'up'],
  ['lora.up.weight', 'up'],
  ['alpha', 'alpha'],
];

/** How names of whole differences end, in LoRAs that were cut out of trained models. */
const DIFFERENCES: readonly (readonly [ending: string, of: LoraDifference])[] = [
  ['diff', 'weight'],
  ['diff_b', 'bias'],
  ['diff_m', 'modulation'],
];

/** Endings of adapters that are no LoRA, and what they are. */
const OTHER_ADAPTERS: readonly (readonly [ending: string, kind: string])[] = [
  ['dora_scale', 'DoRA, which also changes the length of each row of the weight'],
  ['lora_magnitude_vector', 'DoRA, which also changes the length of each row of the weight'],
  ['lora_magnitude_vector.weight', 'DoRA, which also changes the length of each row of the weight'],
  ['lora_magnitude_vector.*.weight', 'DoRA, which also changes the length of each row of the weight'],
  ['lora_mid.weight', 'a LoCon with a Tucker core'],
  ['lora_B.bias', 'a LoRA with biases'],
  ['lora_B.*.bias', 'a LoRA with biases'],
  ['hada_w1_a', 'LoHa'],
  ['hada_w1_b', 'LoHa'],
  ['hada_w2_a', 'LoHa'],
  ['hada_w2_b', 'LoHa'],
  ['lokr_w1', 'LoKr'],
  ['lokr_w1_a', 'LoKr'],
  ['lokr_w1_b', 'LoKr'],
  ['lokr_w2', 'LoKr'],
  ['lokr_w2_a', 'LoKr'],
  ['lokr_w2_b', 'LoKr'],
  ['oft_blocks', 'OFT'],
  ['set_weight', 'a set of whole weights'],
  ['reshape_weight', 'a LoRA that changes the size of weights'],
];

/** Prefixes of the transformer's layers, the longest that fit first. */
const PREFIXES: readonly (readonly [prefix: string, style: LoraKeyStyle])[] = [
  ['base_model.model.model.diffusion_model.', 'peft'],
  ['base_model.model.diffusion_model.', 'peft'],
  ['base_model.model.transformer.', 'peft'],
  ['base_model.model.', 'peft'],
  ['model.diffusion_model.', 'comfyui'],
  ['diffusion_model.', 'comfyui'],
  ['transformer.', 'diffusers'],
  ['unet.', 'diffusers'],
  ['', 'bare'],
];

/** Prefixes of names in which every dot between the layers' names has become an underscore. */
const FLAT_PREFIXES = ['lora_unet_', 'lora_transformer_', 'lycoris_'] as const;

/** A tensor name of a LoRA file, cut in two. */
export type LoraKey =
  | { readonly kind: 'part'; readonly module: string; readonly part: LoraPart }
  | { readonly kind: 'difference'; readonly module: string; readonly of: LoraDifference }
  /** Part of an adapter of another kind, in words. */
  | { readonly kind: 'other'; readonly adapter: string }
  | { readonly kind: 'unknown' };

/** Cuts a tensor's name into the layer's name (as the file has it) and what the tensor is for it. */
export function parseLoraKey(name: string): LoraKey {
  const parts = name.split('.');
  for (const [ending, part] of ENDINGS) {
    const module = withoutEnding(parts, ending);
    if (module !== undefined) return { kind: 'part', module, part };
  }
  for (const [ending, of] of DIFFERENCES) {
    const module = withoutEnding(parts, ending);
    if (module !== undefined) return { kind: 'difference', module, of };
  }
  const other = OTHER_ADAPTERS.find(([ending]) => withoutEnding(parts, ending) !== undefined);
  return other === undefined ? { kind: 'unknown' } : { kind: 'other', adapter: other[1] };
}

function withoutEnding(parts: readonly string[], ending: string): string | undefined {
  const wanted = ending.split('.');
  const start = parts.length - wanted.length;
  if (start < 1 || !wanted.every((part, k) => part === '*' || part === parts[start + k])) return undefined;
  return parts.slice(0, start).join('.');
}

/** Finds the parameter that a layer's name in a LoRA file and a parameter's name in the layer mean. */
export type LoraResolver = (name: string) => { readonly target: string; readonly style: LoraKeyStyle } | undefined;

/**
 * A resolver for the parameters of one model.
 *
 * @param targets their names as the model has them, e.g. `transformer_blocks.0.attn1.to_q.weight`
 * @param renaming how the original checkpoint's names become them: files name layers either way
 */
export function loraResolver(targets: Iterable<string>, renaming: Pick<RenameRules, 'rules'>): LoraResolver {
  const known = new Set(targets);
  const rename = compileRules(renaming.rules);
  const unrename = compileRules(renaming.rules.map(({ from, to }) => ({ from: to, to: from })));
  // Which underscores were dots cannot be told from the name, so the names that are possible are flattened instead.
  const flat = new Map<string, string>();
  for (const target of known) for (const name of [unrename(target), target]) flat.set(name.replaceAll('.', '_'), target);
  return (name) => {
    const flatPrefix = FLAT_PREFIXES.find((prefix) => name.startsWith(prefix));
    if (flatPrefix !== undefined) {
      const target = flat.get(name.slice(flatPrefix.length).replaceAll('.', '_'));
      return target === undefined ? undefined : { target, style: 'kohya' };
    }
    for (const [prefix, style] of PREFIXES) {
      if (!name.startsWith(prefix)) continue;
      const own = name.slice(prefix.length);
      // A name of the model's own may look like another of the original checkpoint.
      const target = [rename(own), own].find((candidate) => known.has(candidate));
      if (target !== undefined) return { target, style };
    }
    return undefined;
  };
}

/** The style of a LoRA file's names, as far as their prefixes tell it; undefined when they are no LoRA's. */
export function loraStyleOf(names: Iterable<string>): LoraKeyStyle | undefined {
  for (const name of names) {
    const key = parseLoraKey(name);
    if (key.kind !== 'part' || key.part === 'alpha') continue;
    if (FLAT_PREFIXES.some((prefix) => key.module.startsWith(prefix))) return 'kohya';
    return PREFIXES.find(([prefix]) => key.module.startsWith(prefix))?.[1];
  }
  return undefined;
}

/** The name without the prefix that its style has, for comparing it with the model's. */
export function withoutLoraPrefix(module: string): string {
  const flat = FLAT_PREFIXES.find((prefix) => module.startsWith(prefix));
  if (flat !== undefined) return module.slice(flat.length);
  const prefix = PREFIXES.find(([start]) => module.startsWith(start));
  return module.slice(prefix?.[0].length ?? 0);
}
