/** The sound models of LTX-2, as the other rooms see them. */
export {
  audioCompression,
  decodedAudioFrames,
  ltx2AudioVaeConfigSchema,
  parseLtx2AudioVaeConfig,
  type Ltx2AudioVaeConfig,
} from './audio-vae-config';
export { ltx2AudioVaeDecoder } from './audio-vae-decoder';
export { ltx2AudioVaeEncoder } from './audio-vae-encoder';
export { ltx2BandwidthExtension } from './bandwidth-extension';
export {
  buildAudioVaeDecoderGraph,
  buildAudioVaeEncoderGraph,
  buildVocoderGraph,
  type AudioVaeDecoderGraphOptions,
  type AudioVaeEncoderGraphOptions,
  type VocoderGraphOptions,
} from './build-audio';
export { causalMelSpectrogram, causalStft, type CausalStftOptions, type Spectrogram } from './causal-stft';
export { downsampleKaiser, upsampleHann, upsampleKaiser } from './rate-change';
export { antialiased, snakeBeta, type AntialiasOptions } from './snake';
export { ltx2Generator } from './vocoder';
export {
  parseLtx2VocoderConfig,
  upsampling,
  type BandwidthExtensionConfig,
  type GeneratorConfig,
  type Ltx2VocoderConfig,
} from './vocoder-config';
export { vocoderContext, type VocoderContext } from './vocoder-context';
