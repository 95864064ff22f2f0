import { AiprodError } from '../errors';

/** Files of official releases, and what holds the same weights. */
const INSTEAD: readonly (readonly [file: RegExp, instead: string])[] = [
  [/umt5/i, 'umt5_xxl_fp16.safetensors of Comfy-Org/Wan_2.1_ComfyUI_repackaged'],
  [/wan.*vae/i, 'wan_2.1_vae.safetensors of Comfy-Org/Wan_2.1_ComfyUI_repackaged'],
  [/clip.*vit-huge/i, 'clip_vision_h.safetensors of Comfy-Org/Wan_2.1_ComfyUI_repackaged'],
];

/** Refuses PyTorch's pickles: reading one may run any code. @throws AiprodError 'unsupported-model' with what to take instead */
export function refusePickle(path: string, where: string): void {
  if (!/\.(pth|pt|bin|ckpt)$/i.test(path)) return;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const instead = INSTEAD.find(([file]) => file.test(name))?.[1];
  throw new AiprodError('unsupported-model', 'a pickle of PyTorch is not read: it could run code', {
    where,
    expected: 'a .safetensors or .gguf file',
    found: name,
    hint: instead === undefined ? 'Take the same weights as safetensors' : `Take ${instead}`,
  });
}
