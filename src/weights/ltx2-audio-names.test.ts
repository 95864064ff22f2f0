import { expect, test } from 'vitest';
import { goldenFolder, readGoldenTensors } from '../golden/testing';
import { LTX2_VOCODER_NAMES } from './ltx2-audio-names';
import { renamedNames } from './parameters';

/** The official name of a vocoder's weight, written down from the released files' headers and not from the rules. */
function officialName(name: string): string {
  const parts = name.split('.').flatMap((part, at, all) => {
    if (part === 'upsamplers') return ['ups'];
    if (part === 'resnets') return ['resblocks'];
    if (part === 'conv_in') return ['conv_pre'];
    if (part === 'conv_out') return ['conv_post'];
    if (part === 'act_out') return ['act_post'];
    if (part === 'downsample' && all[at + 1] === 'filter') return ['downsample', 'lowpass'];
    return [part];
  });
  return `vocoder.${parts.join('.')}`;
}

test.each(['ltx2_vocoder', 'ltx2_vocoder_bwe'])('official names of %s become the reference names', (name) => {
  const names = [...readGoldenTensors(goldenFolder(name), 'weights.safetensors').keys()];
  const renamed = renamedNames([...names.map(officialName), 'audio_vae.decoder.conv_in.conv.weight', 'vae.x'], LTX2_VOCODER_NAMES, name);
  expect([...renamed.keys()].sort()).toEqual([...names].sort());
  for (const [ours, official] of renamed) expect(official).toBe(officialName(ours));
});

test('layouts of 2.0 and 2.3 in the words of the files', () => {
  const official = [
    'vocoder.ups.0.weight',
    'vocoder.resblocks.2.convs1.0.bias',
    'vocoder.conv_pre.weight',
    'vocoder.vocoder.ups.1.bias',
    'vocoder.vocoder.resblocks.0.acts1.2.downsample.lowpass.filter',
    'vocoder.vocoder.resblocks.0.acts1.2.upsample.filter',
    'vocoder.bwe_generator.act_post.act.beta',
    'vocoder.mel_stft.stft_fn.forward_basis',
  ];
  expect([...renamedNames(official, LTX2_VOCODER_NAMES, 'file').keys()]).toEqual([
    'upsamplers.0.weight',
    'resnets.2.convs1.0.bias',
    'conv_in.weight',
    'vocoder.upsamplers.1.bias',
    'vocoder.resnets.0.acts1.2.downsample.filter',
    'vocoder.resnets.0.acts1.2.upsample.filter',
    'bwe_generator.act_out.act.beta',
    'mel_stft.stft_fn.forward_basis',
  ]);
});
