/** Clips whose offset between sound and picture is known: seen events at known times, and what is heard of them. */
import type { Waveform } from '../../audio';
import { observeSight, type Sight } from '../sight';
import type { Plane } from '../planes';

export const clipKinds = ['bounces', 'flashes', 'cuts', 'mouth'] as const;
export type ClipKind = (typeof clipKinds)[number];

export interface ClipOptions {
  readonly kind: ClipKind;
  readonly seed: number;
  readonly frameRate: number;
  readonly sampleRate: number;
  /** Seconds by which the sound is late. */
  readonly offset: number;
  readonly seconds: number;
  /** Deviation of the noise of the picture, of 255. */
  readonly pictureNoise: number;
  /** Amplitude of the noise of the sound. */
  readonly soundNoise: number;
  /** Whether what is heard belongs to what is seen. */
  readonly related: boolean;
}

const [width, height] = [48, 32];

/** A picture: the colour of a pixel at a time. */
type Scene = (time: number) => (x: number, y: number) => readonly [number, number, number];

export function makeClip(options: ClipOptions): { readonly sight: Sight; readonly sound: Waveform } {
  const random = generator(options.seed);
  const seen = story(options, random);
  const heard = options.related ? seen : story(options, random);
  return { sight: film(seen.scene, options, random), sound: record(heard.sound, options, random) };
}

interface Story {
  readonly scene: Scene;
  /** What is heard at a time, -1 to 1. */
  readonly sound: (time: number) => number;
}

function story({ kind, seconds }: ClipOptions, random: () => number): Story {
  const times = (least: number, most: number): number[] => {
    const result: number[] = [];
    for (let time = 0.3 + 0.3 * random(); time < seconds - 0.2; time += least + (most - least) * random()) result.push(time);
    return result;
  };
  if (kind === 'bounces') return bouncingBall(times(0.35, 0.9), seconds);
  if (kind === 'flashes') return flashes(times(0.3, 0.9));
  if (kind === 'cuts') return cuts(times(0.4, 1.1));
  return talkingFace(random);
}

/** A ball that is thrown up again at each time, higher where it flies longer. A click at each bounce. */
function bouncingBall(times: readonly number[], seconds: number): Story {
  const scene: Scene = (time) => {
    const next = times.findIndex((bounce) => bounce > time);
    const after = next < 0 ? seconds : times[next];
    const before = next === 0 ? 0 : times[next < 0 ? times.length - 1 : next - 1];
    const gravity = 150;
    const up = 0.5 * gravity * (time - before) * (after - time);
    const [cx, cy] = [8 + (30 * time) / seconds, height - 5 - Math.min(height - 10, up)];
    return (x, y) => (Math.hypot(x - cx, y - cy) < 4 ? [230, 90, 40] : [70, 80, 90]);
  };
  return { scene, sound: strokes(times, 2500, 0.02) };
}

/** The picture turns bright for an instant. A beep at each flash. */
function flashes(times: readonly number[]): Story {
  const scene: Scene = (time) => {
    const lit = times.some((flash) => time >= flash && time < flash + 0.08);
    return (x, y) => (lit ? [240, 240, 235] : [40 + (x % 8), 45 + (y % 5), 60]);
  };
  return { scene, sound: strokes(times, 1000, 0.06) };
}

/** Another picture from each time on. A drum at each cut. */
function cuts(times: readonly number[]): Story {
  const scene: Scene = (time) => {
    const shot = times.filter((cut) => cut <= time).length;
    return (x, y) => {
      const tile = (Math.floor(x / 6) * 7 + Math.floor(y / 6) * 13 + shot * 29) % 17;
      const drift = Math.sin(0.7 * time + x / 9) * 6;
      return [30 + tile * 12 + drift, 200 - tile * 9, 60 + tile * 8];
    };
  };
  return { scene, sound: strokes(times, 180, 0.08) };
}

/** A face whose mouth opens with what it says: syllables of a hummed band, of all lengths. */
function talkingFace(random: () => number): Story {
  const partials = Array.from({ length: 7 }, (_, k) => ({ rate: 1.1 + 0.8 * k + 0.5 * random(), phase: 2 * Math.PI * random() }));
  const opening = (time: number): number =>
    Math.max(0, partials.reduce((sum, { rate, phase }) => sum + Math.sin(2 * Math.PI * rate * time + phase), 0) / 4);
  const scene: Scene = (time) => {
    const open = Math.min(1.2, opening(time));
    return (x, y) => {
      const [fx, fy] = [(x - width / 2) / 13, (y - height / 2) / 15];
      if (fx * fx + fy * fy > 1) return [60, 90, 120];
      const [mx, my] = [(x - width / 2) / 6, (y - height * 0.7) / (0.4 + 4 * open)];
      return mx * mx + my * my < 1 ? [50, 15, 20] : [205, 150, 125];
    };
  };
  const sound = (time: number): number =>
    0.35 * opening(time) * (Math.sin(2 * Math.PI * 620 * time) + 0.6 * Math.sin(2 * Math.PI * 1430 * time));
  return { scene, sound };
}

function strokes(times: readonly number[], frequency: number, decay: number): (time: number) => number {
  return (time) => {
    let sum = 0;
    for (const stroke of times) {
      const age = time - stroke;
      if (age >= 0 && age < 6 * decay) sum += 0.5 * Math.exp(-age / decay) * Math.sin(2 * Math.PI * frequency * age);
    }
    return sum;
  };
}

function film(scene: Scene, { seconds, frameRate, pictureNoise }: ClipOptions, random: () => number): Sight {
  const observer = observeSight(frameRate);
  for (let frame = 0; frame < Math.round(seconds * frameRate); frame++) {
    const at = scene(frame / frameRate);
    const planes = [0, 1, 2].map((): Uint8Array => new Uint8Array(width * height));
    const luma = new Uint8Array(width * height);
    for (let y = 0, k = 0; y < height; y++) {
      for (let x = 0; x < width; x++, k++) {
        const noise = pictureNoise * normal(random);
        const [red, green, blue] = at(x, y).map((value) => Math.min(255, Math.max(0, Math.round(value + noise))));
        [planes[0][k], planes[1][k], planes[2][k]] = [red, green, blue];
        luma[k] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      }
    }
    const plane = (samples: Uint8Array): Plane => ({ width, height, samples, peak: 255 });
    observer.add(planes.map(plane), plane(luma));
  }
  return observer.sight();
}

function record(sound: Story['sound'], { seconds, sampleRate, offset, soundNoise }: ClipOptions, random: () => number): Waveform {
  const samples = Float32Array.from(
    { length: Math.round(seconds * sampleRate) },
    (_, n) => sound(n / sampleRate - offset) + soundNoise * 2 * (random() - 0.5),
  );
  return { sampleRate, channels: [samples] };
}

/** About a normal deviate: the sum of three uniform ones. */
const normal = (random: () => number): number => 2 * (random() + random() + random() - 1.5);

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
