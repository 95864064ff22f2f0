import { useEffect, useState } from 'react';
import type { ClipSound } from '../../pipelines';
import { createSoundPlayer, type SoundPlayer } from './sound-player';
import type { Volume } from './volume';

/** The player of the sound that the component was mounted with, as long as it stays; undefined without sound. */
export function useSoundPlayer(sound: ClipSound | undefined, seconds: number, { level, muted }: Volume): SoundPlayer | undefined {
  const [player] = useState(() => (sound === undefined ? undefined : createSoundPlayer(sound.waveform, seconds)));
  useEffect(() => player?.setVolume(muted ? 0 : level), [player, level, muted]);
  useEffect(() => () => player?.close(), [player]);
  return player;
}
