import type { LtxVaeVersion } from '../../weights';

/** Blocks of the 13B transformer. */
export const original13B = 48;

/** Names of the released single files, the release each is, its VAE's generation and the number of its blocks. For tests. */
export const originalNames: readonly (readonly [fileName: string, release: string, vae: LtxVaeVersion, blocks: number])[] = [
  ['ltx-video-2b-v0.9.safetensors', '0.9.0', '0.9.0', 28],
  ['ltx-video-2b-v0.9.1.safetensors', '0.9.1', '0.9.1', 28],
  ['ltx-video-2b-v0.9.5.safetensors', '0.9.5', '0.9.5', 28],
  ['ltxv-2b-0.9.6-dev-04-25.safetensors', '0.9.6', '0.9.5', 28],
  ['ltxv-2b-0.9.6-distilled-04-25.safetensors', '0.9.6-distilled', '0.9.5', 28],
  ['ltxv-2b-0.9.6-distilled-04-25-Q3_K_S.gguf', '0.9.6-distilled', '0.9.5', 28],
  ['ltxv-2b-0.9.8-distilled.safetensors', '0.9.8-distilled', '0.9.5', 28],
  ['ltxv-13b-0.9.7-dev.safetensors', '0.9.7', '0.9.5', original13B],
  ['ltxv-13b-0.9.7-distilled-fp8.safetensors', '0.9.7-distilled', '0.9.5', original13B],
  ['ltxv-13b-0.9.8-dev.safetensors', '0.9.8', '0.9.5', original13B],
  ['ltxv-13b-0.9.8-distilled.safetensors', '0.9.8-distilled', '0.9.5', original13B],
];
