import { hannReach } from '../../numeric/resampling-filters';
import { upsampling, type GeneratorConfig, type Ltx2VocoderConfig } from './vocoder-config';

/** How a vocoder's work can be cut along time, for sounds too long to be made at once. */
export interface VocoderContext {
  /** Spectrogram frames to either side on which a sample depends, at most. */
  readonly frames: number;
  /** Samples of the finished waveform for each spectrogram frame. */
  readonly samplesPerFrame: number;
  /** Cuts lie at multiples of this many frames, where the frames of the extension's spectrogram begin. */
  readonly multiple: number;
}

/** The context of a vocoder; undefined when it makes samples that belong to no frame, so that it cannot be cut. */
export function vocoderContext({ generator, extension }: Ltx2VocoderConfig): VocoderContext | undefined {
  const uneven = generator.upsample_kernel_sizes.some((kernel, index) => (kernel - generator.upsample_factors[index]) % 2 !== 0);
  if (uneven) return undefined;
  const samples = upsampling(generator);
  const reach = generatorReach(generator);
  if (extension === undefined) return { frames: Math.ceil(reach), samplesPerFrame: samples, multiple: 1 };
  const { hopLength, filterLength, windowLength, ratio } = extension;
  const extended = generatorReach(extension.generator) * hopLength + Math.max(filterLength, windowLength) + hannReach;
  return {
    frames: Math.ceil(reach + extended / samples),
    samplesPerFrame: samples * ratio,
    multiple: hopLength / greatestCommonDivisor(hopLength, samples),
  };
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** Frames to either side of a sample's own on which it depends: what each layer reaches, at the rate it runs at. */
function generatorReach(config: GeneratorConfig): number {
  const ends = 3;
  const activation = config.act_fn !== 'leaky_relu' && config.antialias ? filterReach(config) : 0;
  let rate = 1;
  let frames = ends;
  config.upsample_factors.forEach((factor, level) => {
    frames += Math.ceil(config.upsample_kernel_sizes[level] / factor) / rate;
    rate *= factor;
    const resnets = config.resnet_kernel_sizes.map((kernel, index) =>
      config.resnet_dilations[index].reduce((sum, dilation) => sum + ((kernel - 1) * (dilation + 1)) / 2 + 1 + 2 * activation, 0),
    );
    frames += Math.max(...resnets) / rate;
  });
  const last = config.act_fn === 'leaky_relu' ? 0 : filterReach(config);
  return frames + (ends + last) / rate;
}

/** Samples that an anti-aliased activation reaches, up and down again. */
function filterReach({ antialias_kernel_size: size, antialias_ratio: ratio }: GeneratorConfig): number {
  return Math.ceil((1.5 * size) / ratio) + 1;
}
