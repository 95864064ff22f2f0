import { add, cast, leakyRelu, maximum, minimum, multiply, permute, reshape, tanh, type Tensor, type Tracer } from '../../graph';
import { captureNothing, type Capture } from '../capture';
import { conv1dLayer, convTranspose1dLayer } from '../layers';
import { channelsFirst } from '../layouts';
import { antialiased, snakeBeta } from './snake';
import type { GeneratorConfig } from './vocoder-config';

/** Slope below zero before the last convolution, whatever the config says of the others. */
const lastSlope = 0.01;

/**
 * LTX-2's generator of waveforms: a HiFi-GAN (Kong et al. 2020), or with snake activations a BigVGAN. Parameters lie in the current
 * scope.
 * @param mel [B, channels, T, bins], `in_channels` = channels * bins
 * @returns waveforms [B, out_channels, samples] in the tracer's type
 */
export function ltx2Generator(tracer: Tracer, config: GeneratorConfig, mel: Tensor, capture: Capture = captureNothing): Tensor {
  const [batch, , frames] = mel.shape;
  const spectrum = reshape(permute(cast(mel, tracer.dtype), [0, 2, 1, 3]), [batch, frames, config.in_channels]);
  let hidden = conv1dLayer('conv_in', spectrum, config.hidden_channels, { kernel: 7 });
  capture('conv_in', () => channelsFirst(hidden));
  let channels = config.hidden_channels;
  config.upsample_factors.forEach((factor, level) => {
    if (config.act_fn === 'leaky_relu') hidden = leakyRelu(hidden, config.leaky_relu_negative_slope);
    channels = Math.floor(channels / 2);
    const kernel = config.upsample_kernel_sizes[level];
    const padding = Math.floor((kernel - factor) / 2);
    hidden = convTranspose1dLayer(`upsamplers.${level}`, hidden, channels, { kernel, stride: factor, padding });
    capture(`upsamplers.${level}`, () => channelsFirst(hidden));
    const parallel = config.resnet_kernel_sizes.map((_, index) => {
      const name = `resnets.${level * config.resnet_kernel_sizes.length + index}`;
      const result = tracer.scope(name, () => resnet(hidden, config, index));
      capture(name, () => channelsFirst(result));
      return result;
    });
    hidden = multiply(
      parallel.reduce((sum, result) => add(sum, result)),
      1 / parallel.length,
    );
  });
  // The reference gives the last snake a beta of its own and always filters it.
  hidden =
    config.act_fn === 'leaky_relu' ? leakyRelu(hidden, lastSlope) : tracer.scope('act_out', () => snake(hidden, config, 'beta', true));
  capture('act_out', () => channelsFirst(hidden));
  const wave = conv1dLayer('conv_out', hidden, config.out_channels, { kernel: 7, bias: config.final_bias });
  return channelsFirst(limit(wave, config.final_act_fn));
}

function limit(wave: Tensor, activation: GeneratorConfig['final_act_fn']): Tensor {
  if (activation === 'tanh') return tanh(wave);
  return activation === 'clamp' ? minimum(maximum(wave, -1), 1) : wave;
}

/** `ResBlock`: pairs of a dilated and a plain convolution, each behind an activation, added to what comes in. */
function resnet(x: Tensor, config: GeneratorConfig, index: number): Tensor {
  const kernel = config.resnet_kernel_sizes[index];
  const channels = x.shape[2];
  return config.resnet_dilations[index].reduce((hidden, dilation, pair) => {
    const first = conv1dLayer(`convs1.${pair}`, activate(`acts1.${pair}`, hidden, config), channels, { kernel, dilation });
    return add(hidden, conv1dLayer(`convs2.${pair}`, activate(`acts2.${pair}`, first, config), channels, { kernel }));
  }, x);
}

function activate(name: string, x: Tensor, config: GeneratorConfig): Tensor {
  if (config.act_fn === 'leaky_relu') return leakyRelu(x, config.leaky_relu_negative_slope);
  const amplitude = config.act_fn === 'snakebeta' ? 'beta' : 'alpha';
  return x.tracer.scope(name, () => snake(x, config, amplitude, config.antialias));
}

/** A snake of the current scope; filters come from the checkpoint, as the reference's do. */
function snake(x: Tensor, config: GeneratorConfig, amplitude: 'alpha' | 'beta', filtered: boolean): Tensor {
  const { tracer } = x;
  const channels = x.shape[2];
  const parameter = (name: string): Tensor => tracer.parameter(filtered ? `act.${name}` : name, [channels]);
  const activation = (y: Tensor): Tensor => snakeBeta(y, parameter('alpha'), parameter(amplitude));
  if (!filtered) return activation(x);
  const filter = (name: string): Tensor => tracer.parameter(`${name}.filter`, [1, 1, config.antialias_kernel_size], { permute: [2, 0, 1] });
  return antialiased(x, activation, { ratio: config.antialias_ratio, up: filter('upsample'), down: filter('downsample') });
}
