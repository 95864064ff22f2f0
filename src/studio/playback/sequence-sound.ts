import type { Waveform } from '../../audio';
import { openSoundOutput, type SoundOutput } from './sound-output';

/** The sound of a sequence, mixed while it plays. Its own clock says where it is: pictures follow it. */
export interface SequenceSound {
  /** Begins, as soon as there is sound and the browser lets it be heard, at what `seconds` says then. @param speed above 0 */
  play(seconds: () => number, speed: number): void;
  pause(): void;
  /** Seconds into the sequence that leave the loudspeaker at `now` (milliseconds of performance.now); undefined while nothing is heard. */
  heardAt(now: number): number | undefined;
  /** 0 to 1, as a person sets it. */
  setVolume(volume: number): void;
  /** Lets the loudspeaker go; playing again takes it anew. */
  close(): void;
}

export interface SequenceToHear {
  framesPerSecond(): number;
  /**
   * Mixes frames of the sequence, `end` not included.
   * @returns null where nothing of it is heard from there on
   */
  mix(start: number, end: number): Promise<Waveform | null>;
}

/** Seconds between asking a source to begin and its first sample: less would cut its beginning off. */
const lead = 0.03;
/** Seconds of the first stretches, so that it begins soon, and of those after. */
const lengths = [0.5, 1, 2] as const;
/** Seconds of sound that are ready before they are needed. */
const ahead = 1.5;

export function createSequenceSound({ framesPerSecond, mix }: SequenceToHear): SequenceSound {
  // Taken when it is needed: a sequence that is only looked at holds no loudspeaker.
  let output: SoundOutput | undefined;
  let volume = 1;
  let sources: AudioBufferSourceNode[] = [];
  /** Where it began: seconds of the context's clock, and of the sequence. */
  let began: { readonly at: number; readonly offset: number; readonly speed: number } | undefined;
  let turn = 0;

  const pause = (): void => {
    turn++;
    for (const source of sources) {
      source.stop();
      source.disconnect();
    }
    sources = [];
    began = undefined;
  };

  const schedule = async (own: number, seconds: () => number, speed: number): Promise<void> => {
    const { context, gain } = (output ??= openSoundOutput(volume));
    const rate = framesPerSecond();
    let frame = Math.max(0, Math.floor(seconds() * rate + 1e-6));
    for (let stretch = 0; ; stretch++) {
      const end = frame + Math.ceil(lengths[Math.min(stretch, lengths.length - 1)] * rate);
      const waveform = await mix(frame, end);
      const at = frame / rate;
      // Without a click or key press on the page a browser keeps this open: pictures go on by the display's clock meanwhile.
      if (stretch === 0) await context.resume();
      if (own !== turn || waveform === null) return;
      const source = context.createBufferSource();
      source.buffer = bufferOf(context, waveform);
      source.playbackRate.value = speed;
      source.connect(gain);
      if (began === undefined) {
        const offset = Math.max(at, seconds());
        began = { at: context.currentTime + lead, offset, speed };
        source.start(began.at, offset - at);
      } else {
        source.start(began.at + (at - began.offset) / speed);
      }
      source.onended = () => {
        source.disconnect();
        sources = sources.filter((other) => other !== source);
      };
      sources.push(source);
      frame = end;
      const wait = began.at + (frame / rate - began.offset) / speed - ahead - context.currentTime;
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      if (own !== turn) return;
    }
  };

  return {
    play(seconds, speed) {
      pause();
      // A sequence whose sound cannot be mixed plays without: the worker's answer to the picture tells what is wrong with a file.
      schedule(turn, seconds, speed).catch((error: unknown) => console.warn('sound:', error));
    },
    pause,
    heardAt(now) {
      if (began === undefined || output?.context.state !== 'running') return undefined;
      return began.offset + Math.max(0, output.heardAt(now) - began.at) * began.speed;
    },
    setVolume(next) {
      volume = next;
      output?.setVolume(next);
    },
    close() {
      pause();
      output?.close();
      output = undefined;
    },
  };
}

function bufferOf(context: AudioContext, { sampleRate, channels }: Waveform): AudioBuffer {
  const buffer = context.createBuffer(channels.length, Math.max(1, channels[0].length), sampleRate);
  channels.forEach((samples, channel) => buffer.getChannelData(channel).set(samples));
  return buffer;
}
