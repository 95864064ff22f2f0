import { resample, sampleCount, type Waveform } from '../../audio';
import { openSoundOutput, type SoundOutput } from './sound-output';

/** Rates that Web Audio buffers hold everywhere (Web Audio API, section 1.4). */
const BUFFER_RATES = { least: 8000, most: 96_000, usual: 48_000 } as const;
/** Seconds between asking a source to begin and its first sample: less would cut its beginning off. */
const LEAD_SECONDS = 0.02;

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
  let opened: Output | undefined;
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
      const { output, buffer } = (opened ??= openOutput(waveform, seconds, level));
      const { context, gain } = output;
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
      if (source === undefined || opened?.output.context.state !== 'running') return undefined;
      const { output, buffer } = opened;
      const heard = output.heardAt(now) - began.at;
      return heard <= 0 ? began.offset : (began.offset + heard) % buffer.duration;
    },
    setVolume(volume) {
      level = volume;
      opened?.output.setVolume(volume);
    },
    close() {
      pause();
      opened?.output.close();
      opened = undefined;
    },
  };
}

interface Output {
  readonly output: SoundOutput;
  readonly buffer: AudioBuffer;
}

function openOutput(waveform: Waveform, seconds: number, level: number): Output {
  const output = openSoundOutput(level);
  return { output, buffer: bufferOf(output.context, waveform, seconds) };
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
