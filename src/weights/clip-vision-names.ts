import { renameParameters, type ParameterSource, type RenameRules } from './parameters';

/** Names of transformers, which older versions have under a prefix, beside what of CLIP is not the image encoder. */
const TRANSFORMERS_NAMES: RenameRules = { prefixes: ['image_encoder.vision_model.', 'vision_model.', 'image_encoder.', ''], rules: [] };

/** Names of the official checkpoints of Wan 2.1 (OpenCLIP's), and those of transformers. */
const OFFICIAL_NAMES: RenameRules = {
  prefixes: ['visual.', ''],
  rules: [
    { from: 'patch_embedding', to: 'embeddings.patch_embedding' },
    { from: 'cls_embedding', to: 'embeddings.class_embedding' },
    { from: 'pos_embedding', to: 'embeddings.position_embedding.weight' },
    { from: 'pre_norm', to: 'pre_layrnorm' },
    { from: 'post_norm', to: 'post_layernorm' },
    { from: 'transformer', to: 'encoder.layers' },
    { from: 'norm1', to: 'layer_norm1' },
    { from: 'attn.to_qkv', to: 'self_attn.to_qkv' },
    { from: 'attn.proj', to: 'self_attn.out_proj' },
    { from: 'norm2', to: 'layer_norm2' },
    { from: 'mlp.0', to: 'mlp.fc1' },
    { from: 'mlp.2', to: 'mlp.fc2' },
  ],
};

/** Whose names the tensors of CLIP's image encoder have; undefined where there is none. */
export function clipVisionNaming(names: Iterable<string>): 'transformers' | 'official' | undefined {
  for (const name of names) {
    if (/(^|\.)transformer\.0\.attn\.to_qkv\.weight$/.test(name)) return 'official';
    if (/(^|vision_model\.|image_encoder\.)encoder\.layers\.0\.layer_norm1\.weight$/.test(name)) return 'transformers';
  }
  return undefined;
}

/** CLIP's image encoder under the names of transformers; queries, keys and values stay in one matrix where they are. */
export function clipVisionParameters(source: ParameterSource): ParameterSource {
  return renameParameters(source, clipVisionNaming(source.names()) === 'official' ? OFFICIAL_NAMES : TRANSFORMERS_NAMES);
}
