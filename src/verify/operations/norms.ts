import { z } from 'zod';
import { add, groupNorm, layerNorm, maximum, multiply, divide, reshape, rmsNorm, sqrt, square, sum } from '../../graph';
import type { CaseBuilder } from './case-builder';
import { channelsFirst, channelsLast } from '../../models';

const normParams = z.object({ groups: z.number() });

/** The norms of the models, over channels of videos and over rows of tokens. */
export function norms(builder: CaseBuilder): void {
  const { groups } = normParams.parse(builder.params);
  const x = channelsLast(builder.input('x'));
  const channels = x.shape[x.shape.length - 1];
  const rows = reshape(x, [-1, channels]);
  const weight = builder.input('weight');
  const bias = builder.input('bias');
  builder.output('group_norm', channelsFirst(groupNorm(x, { groups, eps: 1e-6, weight, bias })));
  builder.output('pixel_norm', channelsFirst(rmsNorm(x, { eps: 1e-8 })));
  builder.output('rms_norm_channels', channelsFirst(rmsNorm(x, { eps: 1e-8 })));
  builder.output('rms_norm_rows_weighted', rmsNorm(rows, { eps: 1e-6, weight }));
  builder.output('layer_norm_rows', layerNorm(rows, { eps: 1e-6, weight, bias }));
  const modulated = multiply(layerNorm(rows, { eps: 1e-6 }), add(builder.input('scale'), 1));
  builder.output('layer_norm_adaln', add(modulated, builder.input('shift')));
  // Wan divides by the norm of the channels, at least 1e-12, and multiplies by the square root of their number.
  const length = maximum(sqrt(sum(square(x), [-1], { keepDims: true })), 1e-12);
  builder.output('wan_rms_norm', channelsFirst(multiply(multiply(divide(x, length), Math.sqrt(channels)), weight)));
}
