import { z } from 'zod';
import { AiprodError } from '../../errors';
import { oneOf, parseModelConfig, positiveInteger } from '../model-config';

const activation = oneOf(['leaky_relu', 'snake', 'snakebeta']);
/** null: the waveform is what the last convolution gives. */
const finalActivation = z.union([z.literal('tanh'), z.literal('clamp'), z.null()], { error: "'tanh', 'clamp' or null" });
const sizes = z.array(positiveInteger).min(1);
const dilations = z.array(sizes).min(1);

/** A generator of waveforms (HiFi-GAN; with snake activations BigVGAN), in the field names of `LTX2Vocoder`. */
export interface GeneratorConfig {
  readonly in_channels: number;
  readonly hidden_channels: number;
  readonly out_channels: number;
  readonly upsample_kernel_sizes: readonly number[];
  readonly upsample_factors: readonly number[];
  readonly resnet_kernel_sizes: readonly number[];
  readonly resnet_dilations: readonly (readonly number[])[];
  readonly act_fn: z.output<typeof activation>;
  readonly leaky_relu_negative_slope: number;
  readonly antialias: boolean;
  readonly antialias_ratio: number;
  readonly antialias_kernel_size: number;
  readonly final_act_fn: z.output<typeof finalActivation>;
  readonly final_bias: boolean;
}

const threeDilations = [
  [1, 3, 5],
  [1, 3, 5],
  [1, 3, 5],
];

/** Constructor arguments of `LTX2Vocoder` (diffusers.pipelines.ltx2.vocoder), with its defaults: LTX-2.0's 24 kHz vocoder. */
const plainSchema = z.object({
  in_channels: positiveInteger.default(128),
  hidden_channels: positiveInteger.default(1024),
  out_channels: positiveInteger.default(2),
  upsample_kernel_sizes: sizes.default([16, 15, 8, 4, 4]),
  upsample_factors: sizes.default([6, 5, 2, 2, 2]),
  resnet_kernel_sizes: sizes.default([3, 7, 11]),
  resnet_dilations: dilations.default(threeDilations),
  act_fn: activation.default('leaky_relu'),
  leaky_relu_negative_slope: z.number().default(0.1),
  antialias: z.boolean().default(false),
  antialias_ratio: positiveInteger.default(2),
  antialias_kernel_size: positiveInteger.default(12),
  final_act_fn: finalActivation.default('tanh'),
  final_bias: z.boolean().default(true),
  output_sampling_rate: positiveInteger.default(24000),
});

/** Constructor arguments of `LTX2VocoderWithBWE`, with its defaults: LTX-2.3's 16 kHz vocoder and its extension to 48 kHz. */
const extendedSchema = z.object({
  in_channels: positiveInteger.default(128),
  hidden_channels: positiveInteger.default(1536),
  out_channels: positiveInteger.default(2),
  upsample_kernel_sizes: sizes.default([11, 4, 4, 4, 4, 4]),
  upsample_factors: sizes.default([5, 2, 2, 2, 2, 2]),
  resnet_kernel_sizes: sizes.default([3, 7, 11]),
  resnet_dilations: dilations.default(threeDilations),
  act_fn: activation.default('snakebeta'),
  leaky_relu_negative_slope: z.number().default(0.1),
  antialias: z.boolean().default(true),
  antialias_ratio: positiveInteger.default(2),
  antialias_kernel_size: positiveInteger.default(12),
  final_act_fn: finalActivation.default(null),
  final_bias: z.boolean().default(false),
  bwe_in_channels: positiveInteger.default(128),
  bwe_hidden_channels: positiveInteger.default(512),
  bwe_out_channels: positiveInteger.default(2),
  bwe_upsample_kernel_sizes: sizes.default([12, 11, 4, 4, 4]),
  bwe_upsample_factors: sizes.default([6, 5, 2, 2, 2]),
  bwe_resnet_kernel_sizes: sizes.default([3, 7, 11]),
  bwe_resnet_dilations: dilations.default(threeDilations),
  bwe_act_fn: activation.default('snakebeta'),
  bwe_leaky_relu_negative_slope: z.number().default(0.1),
  bwe_antialias: z.boolean().default(true),
  bwe_antialias_ratio: positiveInteger.default(2),
  bwe_antialias_kernel_size: positiveInteger.default(12),
  bwe_final_act_fn: finalActivation.default(null),
  bwe_final_bias: z.boolean().default(false),
  /** Samples of a frame of the short-time Fourier transform between the two generators. */
  filter_length: positiveInteger.default(512),
  hop_length: positiveInteger.default(80),
  window_length: positiveInteger.default(512),
  num_mel_channels: positiveInteger.default(64),
  input_sampling_rate: positiveInteger.default(16000),
  output_sampling_rate: positiveInteger.default(48000),
});

/** A vocoder: what makes a waveform of a spectrogram. */
export interface Ltx2VocoderConfig {
  readonly generator: GeneratorConfig;
  /** Samples a second of the finished waveform. */
  readonly sampleRate: number;
  /** What widens the generator's band (LTX-2.3). */
  readonly extension?: BandwidthExtensionConfig;
}

export interface BandwidthExtensionConfig {
  readonly generator: GeneratorConfig;
  /** Samples of a frame, of the step between frames, and of the window. */
  readonly filterLength: number;
  readonly hopLength: number;
  readonly windowLength: number;
  readonly melChannels: number;
  /** Samples a second of the first generator. */
  readonly inputRate: number;
  /** Rate of the finished waveform over that of the first generator. */
  readonly ratio: number;
}

/**
 * Reads a vocoder's config.json. One whose `_class_name` is `LTX2VocoderWithBWE`, or that has fields only it has, extends the band.
 * @throws AiprodError `unsupported-model` for what the reference could not build or run.
 */
export function parseLtx2VocoderConfig(value: unknown, where = 'vocoder'): Ltx2VocoderConfig {
  const fields = parseModelConfig(z.record(z.string(), z.unknown()), value, where);
  const extends_ = fields._class_name === 'LTX2VocoderWithBWE' || Object.keys(fields).some((name) => name.startsWith('bwe_'));
  if (!extends_) {
    const { output_sampling_rate: sampleRate, ...generator } = parseModelConfig(plainSchema, value, where);
    checkGenerator(generator, where);
    return { generator, sampleRate };
  }
  return extendedConfig(parseModelConfig(extendedSchema, value, where), where);
}

function extendedConfig(config: z.output<typeof extendedSchema>, where: string): Ltx2VocoderConfig {
  const generator: GeneratorConfig = config;
  const second: GeneratorConfig = {
    in_channels: config.bwe_in_channels,
    hidden_channels: config.bwe_hidden_channels,
    out_channels: config.bwe_out_channels,
    upsample_kernel_sizes: config.bwe_upsample_kernel_sizes,
    upsample_factors: config.bwe_upsample_factors,
    resnet_kernel_sizes: config.bwe_resnet_kernel_sizes,
    resnet_dilations: config.bwe_resnet_dilations,
    act_fn: config.bwe_act_fn,
    leaky_relu_negative_slope: config.bwe_leaky_relu_negative_slope,
    antialias: config.bwe_antialias,
    antialias_ratio: config.bwe_antialias_ratio,
    antialias_kernel_size: config.bwe_antialias_kernel_size,
    final_act_fn: config.bwe_final_act_fn,
    final_bias: config.bwe_final_bias,
  };
  checkGenerator(generator, where);
  checkGenerator(second, `${where}: bwe`);
  const { input_sampling_rate: inputRate, output_sampling_rate: sampleRate, hop_length: hopLength } = config;
  // The reference resamples by whole factors only.
  const ratio = Math.floor(sampleRate / inputRate);
  const requirements: readonly (readonly [what: string, expected: number, found: number])[] = [
    ['bwe_in_channels', config.out_channels * config.num_mel_channels, config.bwe_in_channels],
    ['bwe_out_channels', config.out_channels, config.bwe_out_channels],
    ['bwe_upsample_factors', hopLength * ratio, upsampling(second)],
  ];
  for (const [what, expected, found] of requirements) {
    if (expected === found) continue;
    throw new AiprodError('unsupported-model', `${what} does not fit the waveform that it extends`, {
      where,
      expected: String(expected),
      found: String(found),
    });
  }
  const uneven = second.upsample_kernel_sizes.findIndex((kernel, index) => (kernel - second.upsample_factors[index]) % 2 !== 0);
  if (uneven !== -1) {
    throw new AiprodError('unsupported-model', 'an upsampler of the extension makes a sample too many', {
      where,
      expected: `bwe_upsample_kernel_sizes[${uneven}] as even or odd as bwe_upsample_factors[${uneven}]`,
      found: `${second.upsample_kernel_sizes[uneven]} and ${second.upsample_factors[uneven]}`,
    });
  }
  return {
    generator,
    sampleRate,
    extension: {
      generator: second,
      filterLength: config.filter_length,
      hopLength,
      windowLength: config.window_length,
      melChannels: config.num_mel_channels,
      inputRate,
      ratio,
    },
  };
}

/** Samples that a generator makes of a spectrogram frame. */
export function upsampling({ upsample_factors }: GeneratorConfig): number {
  return upsample_factors.reduce((product, factor) => product * factor, 1);
}

function checkGenerator(config: GeneratorConfig, where: string): void {
  const lists: readonly (readonly [string, readonly unknown[], string, readonly unknown[]])[] = [
    ['upsample_factors', config.upsample_factors, 'upsample_kernel_sizes', config.upsample_kernel_sizes],
    ['resnet_dilations', config.resnet_dilations, 'resnet_kernel_sizes', config.resnet_kernel_sizes],
  ];
  for (const [name, list, other, expected] of lists) {
    if (list.length === expected.length) continue;
    throw new AiprodError('unsupported-model', `${name} and ${other} are not of one length`, {
      where,
      expected: `${expected.length} entries`,
      found: String(list.length),
    });
  }
  config.upsample_kernel_sizes.forEach((kernel, index) => {
    if (kernel >= config.upsample_factors[index]) return;
    throw new AiprodError('unsupported-model', 'an upsampler cannot step over samples', {
      where,
      expected: `upsample_kernel_sizes[${index}] of at least ${config.upsample_factors[index]}`,
      found: String(kernel),
    });
  });
  if (config.act_fn === 'leaky_relu' && config.antialias) {
    throw new AiprodError('unsupported-model', 'leaky ReLUs with anti-aliasing are built by no release of the reference', {
      where,
      expected: "act_fn 'snake' or 'snakebeta', or antialias false",
      found: 'leaky_relu, true',
    });
  }
  if (Math.floor(config.hidden_channels / 2 ** config.upsample_factors.length) < 1) {
    throw new AiprodError('unsupported-model', 'hidden_channels is halved by every upsampler and runs out', {
      where,
      expected: `at least ${2 ** config.upsample_factors.length}`,
      found: String(config.hidden_channels),
    });
  }
}
