import { z } from 'zod';
import { permute, reshape, slice, type Tensor } from '../../graph';
import { timestepSinusoid } from '../../numeric/timestep-embedding';
import type { CaseBuilder } from './case-builder';

const shuffleParams = z.object({ patch: z.number(), pack: z.tuple([z.number(), z.number()]) });

/** [B, C · f · h · w, F, H, W] to [B, C, F f, H h, W w]: channels become positions. */
function pixelShuffle(x: Tensor, [f, h, w]: readonly [number, number, number]): Tensor {
  const [batch, channels, frames, rows, columns] = x.shape;
  const kept = channels / (f * h * w);
  const apart = reshape(x, [batch, kept, f, h, w, frames, rows, columns]);
  return reshape(permute(apart, [0, 1, 5, 2, 6, 3, 7, 4]), [batch, kept, frames * f, rows * h, columns * w]);
}

/** Channels to positions and back, and the packing of latents into tokens. */
export function shuffles(builder: CaseBuilder): void {
  const { patch, pack } = shuffleParams.parse(builder.params);
  const x = builder.input('x');
  builder.output('shuffle3d_2x2x2', pixelShuffle(x, [2, 2, 2]));
  builder.output('shuffle_temporal', pixelShuffle(x, [2, 1, 1]));
  const image = pixelShuffle(slice(x, 2, 0, 1), [1, 2, 2]);
  builder.output('shuffle2d', reshape(image, [image.shape[0], image.shape[1], image.shape[3], image.shape[4]]));

  const video = builder.input('video');
  const [batch, channels, frames, rows, columns] = video.shape;
  const patches = reshape(video, [batch, channels, frames, 1, rows / patch, patch, columns / patch, patch]);
  const patchified = permute(patches, [0, 1, 3, 7, 5, 2, 4, 6]);
  builder.output('ltx_vae_patchify', reshape(patchified, [batch, channels * patch * patch, frames, rows / patch, columns / patch]));

  const [size, length] = pack;
  const cells = reshape(video, [batch, channels, frames / length, length, rows / size, size, columns / size, size]);
  const tokens = permute(cells, [0, 2, 4, 6, 1, 3, 5, 7]);
  builder.output('pack_latents', reshape(tokens, [batch, -1, channels * length * size * size]));
}

const timestepParams = z.object({ dim: z.number() });

/** The sinusoids of timesteps, computed on the CPU. */
export function timestepEmbedding(builder: CaseBuilder): void {
  const { dim } = timestepParams.parse(builder.params);
  const timesteps = builder.data('t');
  const shape = [timesteps.length, dim];
  builder.output('flip_shift0', builder.tracer.constant(timestepSinusoid(timesteps, dim), shape));
  builder.output(
    'noflip_shift1',
    builder.tracer.constant(timestepSinusoid(timesteps, dim, { cosineFirst: false, frequencyShift: 1 }), shape),
  );
}
