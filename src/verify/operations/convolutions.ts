import { z } from 'zod';
import { add, concat, conv1d, conv2d, conv3d, convTranspose1d, permute, resample, reshape, type Tensor } from '../../graph';
import type { CaseBuilder } from './case-builder';
import { channelsFirst, channelsLast, kernelFirst } from '../../models';

const triple = z.tuple([z.number(), z.number(), z.number()]);
const causalParams = z.object({ stride: triple, causal: z.boolean(), padding_mode: z.enum(['zeros', 'reflect', 'replicate']) });

function both(amount: number): readonly [number, number] {
  return [amount, amount];
}

/** LTX's convolution: the first frame repeated in front (or the first and last at both ends), rows and columns padded by half a kernel. */
export function causalConvolution(builder: CaseBuilder): void {
  const { stride, causal, padding_mode: space } = causalParams.parse(builder.params);
  const weight = kernelFirst(builder.input('weight'));
  const [frames, rows, columns] = weight.shape;
  const time = causal ? ([frames - 1, 0] as const) : both((frames - 1) / 2);
  const y = conv3d(channelsLast(builder.input('x')), weight, {
    stride,
    padding: [time, both(Math.floor(rows / 2)), both(Math.floor(columns / 2))],
    mode: { time: 'replicate', space },
  });
  builder.output('y', channelsFirst(add(y, builder.input('bias'))));
}

/** Wan's convolution: frames before the first are zeros, or those kept from the part before. */
export function wanConvolution(builder: CaseBuilder): void {
  const weight = kernelFirst(builder.input('weight'));
  const x = channelsLast(builder.input('x'));
  const cache = channelsLast(builder.input('cache'));
  const convolve = (video: Tensor, missing: number): Tensor =>
    channelsFirst(add(conv3d(video, weight, { padding: [[missing, 0], both(1), both(1)] }), builder.input('bias')));
  builder.output('y', convolve(x, 2));
  builder.output('y_cached', convolve(concat([cache, x], 1), 2 - cache.shape[1]));
}

const varietyParams = z.object({ stride: z.number(), padding: z.number(), resize: z.tuple([z.number(), z.number()]) });

/** Dilation of the case's `same` convolution. */
const dilation = 3;

/** Transposed and dilated sequences, one-sided and mirrored padding of images, and their resizing. */
export function convolutionVariety(builder: CaseBuilder): void {
  const { stride, padding, resize } = varietyParams.parse(builder.params);
  const sequence = channelsLast(builder.input('x1'));
  const upsampled = convTranspose1d(sequence, permute(builder.input('w1'), [2, 0, 1]), { stride, padding });
  builder.output('convT1d', channelsFirst(add(upsampled, builder.input('b1'))));

  const dilated = kernelFirst(builder.input('wd'));
  const reach = ((dilated.shape[0] - 1) * dilation) / 2;
  builder.output('conv1d_dilated', channelsFirst(conv1d(sequence, dilated, { dilation, padding: both(reach) })));

  const image = channelsLast(builder.input('x2'));
  const weight = kernelFirst(builder.input('w2'));
  const halved = conv2d(image, weight, {
    stride: [2, 2],
    padding: [
      [0, 1],
      [0, 1],
    ],
  });
  builder.output('conv2d_stride2', channelsFirst(halved));
  builder.output('conv2d_reflect', channelsFirst(conv2d(image, weight, { padding: [both(1), both(1)], mode: 'reflect' })));

  const [batch, rows, columns, channels] = image.shape;
  const video = reshape(image, [batch, 1, rows, columns, channels]);
  const resized = (height: number, width: number, method: 'nearest-exact' | 'bilinear'): Tensor =>
    channelsFirst(reshape(resample(video, [1, height, width], method), [batch, height, width, channels]));
  builder.output('interp_nearest_exact', resized(2 * rows, 2 * columns, 'nearest-exact'));
  builder.output('interp_bilinear', resized(resize[0], resize[1], 'bilinear'));
}
