import { z } from 'zod';
import { compareOutputs, floatInput } from '../golden';
import { buildLatentUpsamplerGraph, buildVaeDecoderGraph, buildVaeEncoderGraph } from './build';
import {
  compressionRatios,
  decodeWithTiling,
  defaultTiling,
  encodeWithTiling,
  parseLtx2UpsamplerConfig,
  parseLtx2VaeConfig,
  parseLtxUpsamplerConfig,
  parseLtxVaeConfig,
  posteriorMode,
  type LtxVaeConfig,
  type Tiling,
  type Video,
  type VideoShape,
} from './ltx-vae';
import { decodeTimestepInput, decodeTimestepScaleName } from './timesteps';
import { caseParams, componentConfig, singleComponent, type GraphRunner, type ModelCase, type WeightReader } from './verify-case';
import { runModel, type Recipe, type VerifyOptions } from './verify-run';

const tilingParams = z.object({
  framewise: z.tuple([z.number(), z.number()]).optional(),
  tiling: z
    .object({
      tile_sample_min_height: z.number().default(defaultTiling.tileHeight),
      tile_sample_min_width: z.number().default(defaultTiling.tileWidth),
      tile_sample_stride_height: z.number().default(defaultTiling.strideHeight),
      tile_sample_stride_width: z.number().default(defaultTiling.strideWidth),
    })
    .optional(),
});

function tilingOf(golden: ModelCase): Tiling {
  const { framewise, tiling } = caseParams(golden, tilingParams);
  return {
    ...defaultTiling,
    ...(framewise === undefined ? {} : { framewise: true, tileFrames: framewise[0], strideFrames: framewise[1] }),
    ...(tiling === undefined
      ? {}
      : {
          spatial: true,
          tileHeight: tiling.tile_sample_min_height,
          tileWidth: tiling.tile_sample_min_width,
          strideHeight: tiling.tile_sample_stride_height,
          strideWidth: tiling.tile_sample_stride_width,
        }),
  };
}

function videoInput(golden: ModelCase, name: string): Video {
  const { data, shape } = floatInput(golden, name);
  const [batch, channels, frames, rows, columns] = shape;
  return { data, shape: [batch, channels, frames, rows, columns] };
}

/** The generation that a case's class belongs to tells how its configuration reads. */
function parsersOf(golden: ModelCase): {
  readonly parseVae: typeof parseLtxVaeConfig;
  readonly parseUpsampler: typeof parseLtxUpsamplerConfig;
} {
  const isLtx2 = golden.classes[singleComponent(golden)]?.includes('LTX2') ?? false;
  return isLtx2
    ? { parseVae: parseLtx2VaeConfig, parseUpsampler: parseLtx2UpsamplerConfig }
    : { parseVae: parseLtxVaeConfig, parseUpsampler: parseLtxUpsamplerConfig };
}

/** `decode(..., causal=True)` of LTX-2: a decoder that is not causal run as if it were. */
function decodedAsAsked(golden: ModelCase, config: LtxVaeConfig): LtxVaeConfig {
  const { decode } = caseParams(golden, z.object({ decode: z.object({ causal: z.boolean().optional() }).optional() }));
  return { ...config, decoder_causal: config.decoder_causal || (decode?.causal ?? false) };
}

/** Recipe `vae_roundtrip`: pixels to moments, latents to pixels; the two halves are independent. */
export const verifyVae: Recipe = async (golden, run, options) => {
  const { parseVae } = parsersOf(golden);
  const config = decodedAsAsked(golden, parseVae(componentConfig(golden, singleComponent(golden)), golden.name));
  const weights = await golden.openWeights(singleComponent(golden));
  const actual = new Map<string, Float32Array>();
  if (golden.inputs.has('video')) await encodeCase(golden, config, run, options, weights, actual);
  if (golden.inputs.has('latent')) await decodeCase(golden, config, run, options, weights, actual);
  return compareOutputs(golden, actual);
};

async function encodeCase(
  golden: ModelCase,
  config: LtxVaeConfig,
  run: GraphRunner,
  options: VerifyOptions,
  weights: WeightReader,
  actual: Map<string, Float32Array>,
): Promise<void> {
  const capture = [...golden.outputs.keys()].filter((name) => name.startsWith('encoder.'));
  const ratios = compressionRatios(config);
  const moments = await encodeWithTiling(videoInput(golden, 'video'), ratios, tilingOf(golden), async ({ shape, data }) => {
    const [batch, , frames, height, width] = shape;
    const model = buildVaeEncoderGraph(config, { batch, frames, height, width, capture, ...options });
    const results = await runModel(golden, run, model, { video: data }, weights);
    for (const [name, values] of results) actual.set(name, values);
    const latents: VideoShape = [
      batch,
      2 * config.latent_channels,
      (frames - 1) / ratios.temporal + 1,
      height / ratios.spatial,
      width / ratios.spatial,
    ];
    return { shape: latents, data: results.get('moments') ?? new Float32Array(0) };
  });
  actual.set('moments', moments.data).set('latent_mode', posteriorMode(moments).data);
}

async function decodeCase(
  golden: ModelCase,
  config: LtxVaeConfig,
  run: GraphRunner,
  options: VerifyOptions,
  weights: WeightReader,
  actual: Map<string, Float32Array>,
): Promise<void> {
  const capture = [...golden.outputs.keys()].filter((name) => name.startsWith('decoder.'));
  const conditioning: Record<string, Float32Array> = {};
  if (config.timestep_conditioning) {
    const [scale] = await weights.read(decodeTimestepScaleName);
    conditioning.timestep_sinusoid = decodeTimestepInput(floatInput(golden, 'temb').data, scale);
  }
  for (const name of golden.inputs.keys()) if (name.startsWith('noise.')) conditioning[name] = floatInput(golden, name).data;
  const ratios = compressionRatios(config);
  const decoded = await decodeWithTiling(videoInput(golden, 'latent'), ratios, tilingOf(golden), async ({ shape, data }) => {
    const [batch, , frames, height, width] = shape;
    const model = buildVaeDecoderGraph(config, { batch, frames, height, width, capture, ...options });
    const results = await runModel(golden, run, model, { latents: data, ...conditioning }, weights);
    for (const [name, values] of results) actual.set(name, values);
    const pixels: VideoShape = [
      batch,
      config.out_channels,
      (frames - 1) * ratios.temporal + 1,
      height * ratios.spatial,
      width * ratios.spatial,
    ];
    return { shape: pixels, data: results.get('sample') ?? new Float32Array(0) };
  });
  actual.set('decoded', decoded.data);
}

/** Recipe `plain_forward` of the latent upsampler. */
export const verifyUpsampler: Recipe = async (golden, run, options) => {
  const { parseUpsampler } = parsersOf(golden);
  const config = parseUpsampler(componentConfig(golden, singleComponent(golden)), golden.name);
  const { order } = caseParams(golden, z.object({ order: z.tuple([z.string()]) }));
  const latents = videoInput(golden, order[0]);
  const [batch, , frames, height, width] = latents.shape;
  const capture = [...golden.outputs.keys()].filter((name) => name !== 'sample');
  const model = buildLatentUpsamplerGraph(config, { batch, frames, height, width, capture, ...options });
  return compareOutputs(golden, await runModel(golden, run, model, { latents: latents.data }));
};
