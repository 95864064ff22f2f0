import { z } from 'zod';
import type { AudioLatentShape } from '../../diffusion';
import type { Waveform } from '../../audio';
import { floatInput } from '../../golden';
import { evaluateGraph } from '../../graph';
import { readModelCase } from '../../models/testing/golden';
import { encodeWaveform, type AudioTensor, type AudioTokens } from '../audio-codec';
import { isTensor, runGraph } from '../dag';
import { definitions } from '../definitions';
import { waveformOfTensor } from '../nodes/sound-value';
import { audioVideoCallSchema, audioVideoContext, audioVideoMachine } from '../verify-audio-video';
import { drawKey, recordedNoise } from '../verify-parts';
import { videoKinds } from '../video-kinds';

export interface ReferenceSound {
  readonly sound: Waveform;
  readonly latents: AudioTensor;
  /** Tokens of another sound by the case's models, on the CPU. */
  encode(waveform: Waveform): Promise<AudioTokens>;
}

/**
 * The sound that diffusers' LTX-2 pipeline makes in a reference case, and the latents that it is decoded from, which the case does not
 * hold: sampled here on the CPU from the case's draws.
 */
export async function referenceSound(): Promise<ReferenceSound> {
  const { golden } = readModelCase('ltx2_pipeline_t2v');
  const { call } = z.object({ call: audioVideoCallSchema }).parse(golden.params);
  const noise = recordedNoise(golden, [drawKey('latents', 0), drawKey('audio', 0)], () => {
    throw new Error('the case says every draw');
  });
  const { machine, vae, transformer } = await audioVideoMachine(golden, evaluateGraph, { call, noise });
  const context = audioVideoContext(golden, {
    ...{ call, machine, media: new Map(), job: {}, latentChannels: vae.latent_channels, blocks: transformer.num_layers },
  });
  const { nodes } = definitions['text-to-video'].graph(context);
  const audio = { node: 'denoise', output: 'audio' };
  const { outputs } = await runGraph({ graph: nodes, kinds: videoKinds({ machine, hooks: {} }), targets: [audio] });
  const latents = outputs.get('denoise.audio');
  const expected = floatInput({ name: golden.name, inputs: golden.outputs }, 'audio');
  const parts = machine.audio;
  if (!isTensor(latents) || parts === undefined) throw new Error('the case makes no sound');
  const [batch, channels, frames, bins] = latents.shape;
  const shape: AudioLatentShape = [batch, channels, frames, bins];
  const sound = waveformOfTensor({ shape: expected.shape.slice(1), data: expected.data }, parts.sampleRate);
  const encode = (waveform: Waveform) =>
    parts.withAutoencoder(new AbortController().signal, (autoencoder) => encodeWaveform(autoencoder, waveform));
  return { sound, latents: { shape, data: latents.data }, encode };
}
