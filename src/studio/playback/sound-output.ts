/** A loudspeaker with a volume, and what its clock says is heard. */
export interface SoundOutput {
  readonly context: AudioContext;
  /** What sources connect to. */
  readonly gain: GainNode;
  /** Seconds of the context's clock whose sample is heard at `now`, milliseconds of performance.now. */
  heardAt(now: number): number;
  /** 0 to 1, as a person sets it; glides there. */
  setVolume(volume: number): void;
  close(): void;
}

/** Seconds in which the volume glides to a new value: a jump would click. */
const GLIDE_SECONDS = 0.015;

export function openSoundOutput(volume: number): SoundOutput {
  const context = new AudioContext({ latencyHint: 'interactive' });
  const gain = context.createGain();
  gain.gain.value = amplitudeOf(volume);
  gain.connect(context.destination);
  return {
    context,
    gain,
    heardAt(now) {
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      if (contextTime === undefined || performanceTime === undefined || performanceTime === 0) {
        return context.currentTime - (context.outputLatency || context.baseLatency);
      }
      return contextTime + (now - performanceTime) / 1000;
    },
    setVolume: (next) => gain.gain.setTargetAtTime(amplitudeOf(next), context.currentTime, GLIDE_SECONDS / 3),
    close: () => void context.close(),
  };
}

/** Loudness goes with the logarithm of amplitude; a square is near enough to it for a slider. */
function amplitudeOf(volume: number): number {
  return volume * volume;
}
