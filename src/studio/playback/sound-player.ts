import { resample, sampleCount, type Waveform } from '../../audio';

/** Rates that Web Audio buffers hold everywhere (Web Audio API, section 1.4). */
const BUFFER_RATES = { least: 8000, most: 96_000, usual: 48_000 } as const;
/** Seconds between asking a source to begin and its first sample: less would cut its beginning off. */
const LEAD_SECONDS = 0.02;
/** Seconds in which the volume glides to a new value: a jump would click. */
const GLIDE_SECONDS = 0.015;

/** The sound of a clip, in a loop as long as the clip. Its own clock says where it is: pictures follow it. */
export interface SoundPlayer {
  /** Begins, as soon as the browser lets sound be heard, at what `seconds` says then. */
  play(seconds: () => number): void;
  pause(): void;
  /**
   * Seconds into the clip that leave the loudspeaker at `now` (milliseconds of performance.now); undefined while nothing is heard.
   */
  heardAt(now: number): number | undefined;
  /** 0 to 1, as a person sets it. */
  setVolume(volume: number): void;
  /** Lets the loudspeaker go; playing again takes it anew. */
  close(): void;
}

/**
 * @param seconds length of the clip: sound beyond it is cut, sound that is missing is silence
 */
export function createSoundPlayer(waveform: Waveform, seconds: number): SoundPlayer {
  // Taken when it is needed: a clip that is only looked at holds no loudspeaker.
  let output: Output | undefined;
  let level = 1;
  let source: AudioBufferSourceNode | undefined;
  /** Where the source began: seconds of the context's clock, and of the clip. */
  let began = { at: 0, offset: 0 };
  let turn = 0;

  const pause = (): void => {
    turn++;
    source?.stop();
    source?.disconnect();
    source = undefined;
  };
  return {
    play(from) {
      pause();
      const own = turn;
      const { context, gain, buffer } = (output ??= openOutput(waveform, seconds, level));
      const begin = (): void => {
        if (own !== turn) return;
        source = context.createBufferSource();
        source.buffer = buffer;
        source.loop = true;
        source.connect(gain);
        began = { at: context.currentTime + LEAD_SECONDS, offset: Math.max(0, from()) % buffer.duration };
        source.start(began.at, began.offset);
      };
      // Without a click or key press on the page a browser keeps the promise open: pictures go on by the display's clock meanwhile.
      context.resume().then(begin, () => undefined);
    },
    pause,
    heardAt(now) {
      if (source === undefined || output?.context.state !== 'running') return undefined;
      const { context, buffer } = output;
      const heard = heardContextTime(context, now) - began.at;
      return heard <= 0 ? began.offset : (began.offset + heard) % buffer.duration;
    },
    setVolume(volume) {
      level = amplitudeOf(volume);
      output?.gain.gain.setTargetAtTime(level, output.context.currentTime, GLIDE_SECONDS / 3);
    },
    close() {
      pause();
      void output?.context.close();
      output = undefined;
    },
  };
}

interface Output {
  readonly context: AudioContext;
  readonly gain: GainNode;
  readonly buffer: AudioBuffer;
}

function openOutput(waveform: Waveform, seconds: number, level: number): Output {
  const context = new AudioContext({ latencyHint: 'interactive' });
  const gain = context.createGain();
  gain.gain.value = level;
  gain.connect(context.destination);
  return { context, gain, buffer: bufferOf(context, waveform, seconds) };
}

/** Loudness goes with the logarithm of amplitude; a square is near enough to it for a slider. */
function amplitudeOf(volume: number): number {
  return volume * volume;
}

/** The context's time of the sample that is heard at `now`, from what the browser knows of its own output. */
function heardContextTime(context: AudioContext, now: number): number {
  const { contextTime, performanceTime } = context.getOutputTimestamp();
  if (contextTime === undefined || performanceTime === undefined || performanceTime === 0) {
    return context.currentTime - (context.outputLatency || context.baseLatency);
  }
  return contextTime + (now - performanceTime) / 1000;
}

function bufferOf(context: AudioContext, given: Waveform, seconds: number): AudioBuffer {
  const holds = given.sampleRate >= BUFFER_RATES.least && given.sampleRate <= BUFFER_RATES.most;
  const { sampleRate, channels } = holds ? given : resample(given, BUFFER_RATES.usual);
  const length = Math.max(1, Math.round(seconds * sampleRate));
  const buffer = context.createBuffer(channels.length, length, sampleRate);
  const kept = Math.min(length, sampleCount({ sampleRate, channels }));
  channels.forEach((samples, channel) => buffer.getChannelData(channel).set(samples.subarray(0, kept)));
  return buffer;
}
