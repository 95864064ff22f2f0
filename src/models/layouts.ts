import { permute, type Tensor } from '../graph';

/** [B, C, ...] to [B, ..., C]. */
export function channelsLast(x: Tensor): Tensor {
  const rank = x.shape.length;
  return permute(x, [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1]);
}

/** [B, ..., C] to [B, C, ...]. */
export function channelsFirst(x: Tensor): Tensor {
  const rank = x.shape.length;
  return permute(x, [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)]);
}

/** PyTorch's convolution weight [out, in, kernel...] as [kernel..., in, out]. */
export function kernelFirst(weight: Tensor): Tensor {
  return permute(weight, [...Array.from({ length: weight.shape.length - 2 }, (_, axis) => axis + 2), 1, 0]);
}
