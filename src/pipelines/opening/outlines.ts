import type { Graph } from '../../graph';
import {
  buildAudioVaeDecoderGraph,
  buildAudioVaeEncoderGraph,
  buildConnectorsGraph,
  buildGemma3Graph,
  buildLtx2TransformerGraph,
  buildTextEncoderGraph,
  buildTransformerGraph,
  buildVaeDecoderGraph,
  buildVaeEncoderGraph,
  buildVocoderGraph,
  compressionRatios,
  connectorShape,
  parameterShapes,
  parseGemma3Config,
  parseLtx2AudioVaeConfig,
  parseLtx2ConnectorsConfig,
  parseLtx2TransformerConfig,
  parseLtx2VaeConfig,
  parseLtx2VocoderConfig,
  parseLtxTransformerConfig,
  parseLtxVaeConfig,
  parseTextEncoderConfig,
  type LtxVaeConfig,
} from '../../models';
import type { Tokenizer } from '../../text';
import type { VideoModel } from '../model-family';
import { assembleLtxModel } from './assemble-ltx-model';
import { assembleLtx2Model, LTX2_SCHEDULER } from './assemble-ltx2-model';
import type { LtxComponent } from './ltx-model';
import { outlineTitles } from '../released-names';
import { releaseNamed } from './ltx-releases';
import type { Ltx2Component } from './ltx2-model';
import { outlineWeights, refuseAbsent, type AbsentModel } from './outline-weights';
import { released } from './released-configs';

type OutlineEncoding = Parameters<typeof outlineWeights>[2];

interface Outline {
  /** In a sentence: what it is. */
  readonly about: string;
  open(name: string, options: OutlineOptions): Promise<VideoModel>;
}

export interface OutlineOptions {
  /** Blocks of the transformer, in place of all: a model of the same widths that any machine can try. */
  readonly blocks?: number;
}

/**
 * Released models by name, as their published configurations describe them: shapes and encodings, no weights. What a model will need can
 * be asked before it is downloaded.
 */
const outlines: Readonly<Record<string, Outline>> = {
  'ltx-video-2b': { about: outlineTitles['ltx-video-2b'], open: (name, options) => ltxVideo(name, '0.9.6', '2B', options) },
  'ltx-video-13b': { about: outlineTitles['ltx-video-13b'], open: (name, options) => ltxVideo(name, '0.9.8', '13B', options) },
  'ltx-2-19b': { about: outlineTitles['ltx-2-19b'], open: (name, options) => ltx2(name, 'bf16', options) },
  'ltx-2-19b-fp8': { about: outlineTitles['ltx-2-19b-fp8'], open: (name, options) => ltx2(name, 'fp8_e4m3', options) },
  'ltx-2-19b-int4': { about: outlineTitles['ltx-2-19b-int4'], open: (name, options) => ltx2(name, 'int4', options) },
};

export const outlineNames: readonly string[] = Object.keys(outlines);

/** What an outline is, in a sentence; undefined for other names. */
export function outlineAbout(name: string): string | undefined {
  return Object.hasOwn(outlines, name) ? outlines[name].about : undefined;
}

/** A released model by name, of which nothing can be read; undefined for other names. */
export async function openOutline(name: string, options: OutlineOptions = {}): Promise<VideoModel | undefined> {
  return Object.hasOwn(outlines, name) ? outlines[name].open(name, options) : undefined;
}

function absentTokenizer(model: AbsentModel): Tokenizer {
  return {
    name: model.name,
    vocabularySize: 1,
    padId: 0,
    frame: { start: [], end: [] },
    padding: 'right',
    maxLength: 1,
    encode: () => refuseAbsent(model),
  };
}

/** Names and shapes that graphs read, and of vectors that are read beside them. */
function shapesOf(
  graphs: readonly { readonly graph: Graph }[],
  vectors: Readonly<Record<string, number>> = {},
): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>(graphs.flatMap(({ graph }) => [...parameterShapes(graph)]));
  for (const [name, length] of Object.entries(vectors)) shapes.set(name, [length]);
  return shapes;
}

/** Both halves of a VAE, at the least size that has every layer. */
function vaeShapes(vae: LtxVaeConfig): Map<string, readonly number[]> {
  const { spatial, temporal } = compressionRatios(vae);
  const [frames, height, width] = [2, 2, 2];
  return shapesOf(
    [
      buildVaeDecoderGraph(vae, { batch: 1, frames, height, width }),
      buildVaeEncoderGraph(vae, { batch: 1, frames: (frames - 1) * temporal + 1, height: height * spatial, width: width * spatial }),
    ],
    { latents_mean: vae.latent_channels, latents_std: vae.latent_channels },
  );
}

const cut = (blocks: number | undefined) => (blocks === undefined ? {} : { num_layers: blocks });

async function ltxVideo(name: string, version: string, size: '2B' | '13B', { blocks }: OutlineOptions): Promise<VideoModel> {
  const model = { name, hint: `Add it with: aiprod models add Lightricks/LTX-Video/FILE, then use that name` };
  const { textEncoder, transformers, vae: vaeConfig } = released.ltxVideo;
  const text = parseTextEncoderConfig(textEncoder, name);
  const transformer = parseLtxTransformerConfig({ ...transformers[size], ...cut(blocks) }, name);
  const vae = parseLtxVaeConfig(vaeConfig, name);
  const { sampler, scheduler, decode, defaults, keyframeTokens } = releaseNamed(version, size);
  const { numFrames: frames, ...rest } = defaults;
  const shapes: Readonly<Record<LtxComponent, () => Map<string, readonly number[]>>> = {
    text_encoder: () => shapesOf([buildTextEncoderGraph(text, { batch: 1, length: 2, masked: false })]),
    transformer: () =>
      shapesOf([buildTransformerGraph(transformer, { batch: 1, textLength: 2, positions: { frames: 1, height: 1, width: 1 } })]),
    vae: () => vaeShapes(vae),
  };
  return assembleLtxModel({
    ...{ name, transformer, vae, decode, keyframeTokens },
    textEncoder: { kind: 't5', config: text, tokenizer: absentTokenizer(model) },
    maxSequenceLength: released.ltxVideo.maxSequenceLength,
    scheduler: { className: 'FlowMatchEulerDiscreteScheduler', config: scheduler, sampler },
    defaults: { ...rest, frames },
    open: async (component) => outlineWeights(model, shapes[component](), 'bf16'),
  });
}

async function ltx2(name: string, encoding: OutlineEncoding, { blocks }: OutlineOptions): Promise<VideoModel> {
  const pack = encoding === 'bf16' ? '' : `, then aiprod models pack NAME --encoding ${encoding} --out PATH`;
  const model = { name, hint: `Add it with: aiprod models add Lightricks/LTX-2${pack}` };
  const configs = released.ltx2;
  const textEncoder = parseGemma3Config(configs.textEncoder, name);
  const connectors = parseLtx2ConnectorsConfig(configs.connectors, name);
  const transformer = parseLtx2TransformerConfig({ ...configs.transformer, ...cut(blocks) }, name);
  const vae = parseLtx2VaeConfig(configs.vae, name);
  const audioVae = parseLtx2AudioVaeConfig(configs.audioVae, name);
  const vocoder = parseLtx2VocoderConfig(configs.vocoder, name);
  const registers = connectorShape(connectors, 'video').registers ?? 1;
  const channels = audioVae.base_channels;
  const shapes: Readonly<Record<Ltx2Component, () => Map<string, readonly number[]>>> = {
    text_encoder: () => shapesOf([buildGemma3Graph(textEncoder, { batch: 1, length: 2 })]),
    connectors: () => shapesOf([buildConnectorsGraph(connectors, { batch: 1, length: 2, outLength: registers })]),
    transformer: () =>
      shapesOf([
        buildLtx2TransformerGraph(transformer, {
          batch: 1,
          textLength: 2,
          positions: { video: { frames: 1, height: 1, width: 1, fps: 24 }, audioFrames: 1 },
        }),
      ]),
    vae: () => vaeShapes(vae),
    audio_vae: () =>
      shapesOf(
        [
          buildAudioVaeDecoderGraph(audioVae, { batch: 1, frames: 4, bins: 16 }),
          buildAudioVaeEncoderGraph(audioVae, { batch: 1, frames: 16, melBins: 64 }),
        ],
        { latents_mean: channels, latents_std: channels },
      ),
    vocoder: () => shapesOf([buildVocoderGraph(vocoder, { batch: 1, channels: audioVae.output_channels, frames: 4 })]),
  };
  return assembleLtx2Model({
    ...{ name, textEncoder, connectors, transformer, vae, audioVae, vocoder },
    distilled: false,
    tokenizer: absentTokenizer(model),
    scheduler: { className: 'FlowMatchEulerDiscreteScheduler', config: LTX2_SCHEDULER },
    open: async (component) => outlineWeights(model, shapes[component](), encoding),
  });
}
