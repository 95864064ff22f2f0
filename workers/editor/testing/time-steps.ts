import { MemorySink } from '../../../src/media';
import { openVideoWriter } from '../../../src/media/browser';
import { testFrame } from '../../../src/media/testing';
import { rational } from '../../../src/project';
import { startEditor } from '../../browser';
import { sequenceOf } from './editor-checks';

const [width, height, frames] = [1280, 720, 96];
const rate = { numerator: 24, denominator: 1 } as const;

/** Milliseconds: the median, and that which 99 of 100 stay below. */
interface Spread {
  readonly median: number;
  readonly p99: number;
}

/**
 * Steps through a 720p H.264 clip of our own writer, from the request to the picture on the worker's canvas and back, 60 ms apart; what is
 * shown a second when frames are asked for as fast as they come, 7 apart; and the same steps back by seeking a `<video>`.
 */
export async function timeSteps(): Promise<{ forward: Spread; backward: Spread; scrubbedPerSecond: number; videoSeek: Spread }> {
  const sink = new MemorySink();
  const writer = await openVideoWriter(sink, { width, height, codec: 'h264', frameRate: rate, format: 'mp4' });
  for (let index = 0; index < frames; index++) await writer.addFrame(testFrame(width, height, index), index);
  await writer.finish();
  const file = new Blob([sink.bytes], { type: 'video/mp4' });
  const editor = startEditor();
  await editor.addMedia('numbered', file);
  await editor.attach(new OffscreenCanvas(width, height));
  const clip = { rate, start: 0, duration: frames, sourceStart: rational(0), speed: rational(1) };
  await editor.setSequence({ ...sequenceOf([clip]), width, height });
  const upwards = Array.from({ length: frames }, (_, k) => k);
  await editor.show(0);
  const forward = await timed(upwards, async (frame) => void (await editor.show(frame)));
  const backward = await timed(upwards.toReversed(), async (frame) => void (await editor.show(frame)));
  const began = performance.now();
  for (let step = 0; step < frames; step++) await editor.show((step * 7) % frames);
  const scrubbedPerSecond = (1000 * frames) / (performance.now() - began);
  editor.close();

  const video = document.createElement('video');
  video.muted = true;
  video.src = URL.createObjectURL(file);
  await heard(video, 'loadeddata');
  const videoSeek = await timed(upwards.toReversed(), (frame) => {
    video.currentTime = (frame + 0.5) / 24;
    return heard(video, 'seeked');
  });
  return { forward, backward, scrubbedPerSecond, videoSeek };
}

const heard = (video: HTMLVideoElement, event: string): Promise<void> =>
  new Promise((resolve) => video.addEventListener(event, () => resolve(), { once: true }));

async function timed(order: readonly number[], show: (frame: number) => Promise<void>): Promise<Spread> {
  const times: number[] = [];
  for (const frame of order) {
    const began = performance.now();
    await show(frame);
    times.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  times.sort((a, b) => a - b);
  return { median: times[times.length >> 1], p99: times[Math.ceil(0.99 * times.length) - 1] };
}
