import { silu, type Tensor } from '../graph';
import { linearLayer } from './layers';

/** Width of the sinusoid that timesteps become before the learned layers (PixArt-alpha). */
export const sinusoidChannels = 256;

/**
 * The learned part of a timestep embedding: linear, SiLU, linear, under `timestep_embedder`.
 * @param sinusoid [..., 256] f32, made on the CPU by `timestepSinusoid`: its arguments reach thousands of radians, which
 *   the sine of a GPU does not survive.
 */
export function timestepEmbedder(sinusoid: Tensor, channels: number): Tensor {
  const { tracer } = sinusoid;
  return tracer.scope('timestep_embedder', () => {
    const hidden = silu(linearLayer('linear_1', sinusoid, channels));
    return linearLayer('linear_2', hidden, channels);
  });
}

/**
 * A timestep's embedding and the AdaLN modulation made of it in the current scope (`emb`, `linear`; PixArt-alpha's `AdaLayerNormSingle`).
 * @param sinusoid [..., 256]
 * @returns `embedded` [..., channels], `modulation` [..., rows * channels]
 */
export function timestepModulation(sinusoid: Tensor, channels: number, rows: number): { embedded: Tensor; modulation: Tensor } {
  const embedded = sinusoid.tracer.scope('emb', () => timestepEmbedder(sinusoid, channels));
  return { embedded, modulation: linearLayer('linear', silu(embedded), rows * channels) };
}
