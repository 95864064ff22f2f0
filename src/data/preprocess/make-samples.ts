import { sampleCount, type Waveform } from '../../audio';
import { AiprodError } from '../../errors';
import { formatFrameRate, type FrameRate, type VideoReader } from '../../media';
import { viewClip } from '../clip-view';
import type { DataSource } from '../data-source';
import type { MediaItem } from '../media-item';
import { MASK_SENSE, PRECOMPUTED_FOLDERS } from '../precomputed-set';
import { formatBucket, nearestBucket, type ClipSize } from '../resolution-buckets';
import type { SkippedSample } from '../sample-set';
import { detectScenes, type Scene } from '../scenes';
import { longestDuration } from '../sound-durations';
import { clipPixels } from './clip-pixels';
import type { SampleRecord } from './item-record';
import { latentMask } from './latent-mask';
import { openClip, requiredSound, soundOf } from './media-files';
import type { PreprocessSettings } from './preprocess';
import type { Captioner, SampleEncoder } from './sample-encoder';
import type { SampleFiles } from './sample-files';
import { soundTensors } from './sound-tensors';

interface MakeRequest {
  readonly source: DataSource;
  readonly encoder: SampleEncoder;
  /** Where the item has no caption. */
  readonly captioner?: Captioner;
  readonly settings: PreprocessSettings;
  readonly files: SampleFiles;
  readonly signal: AbortSignal;
}

interface MadeSamples {
  readonly samples: SampleRecord[];
  readonly rejected: SkippedSample[];
  /** Captions that were written. */
  readonly written: number;
}

/**
 * Writes the tensors of an item: one sample, or one a scene. A scene that is too short for every bucket is rejected; so is the item
 * where that goes for all of it.
 */
export async function makeSamples(item: MediaItem, request: MakeRequest): Promise<MadeSamples> {
  const { video, audio } = item;
  if (video !== undefined) return samplesOfClip(item, video, request);
  if (audio !== undefined) return { samples: [await sampleOfSound(item, audio, request)], rejected: [], written: 0 };
  throw new AiprodError('internal', `the item ${item.id} names no media`);
}

async function samplesOfClip(item: MediaItem, video: string, request: MakeRequest): Promise<MadeSamples> {
  const { source, settings, signal } = request;
  if (settings.buckets.length === 0) {
    throw new AiprodError('bad-input', 'nothing says what size clips are made of', {
      expected: 'preprocess.resolution_buckets',
      hint: 'Set it, or take the pictures out of the set',
    });
  }
  const clip = await openClip(source, video, signal);
  try {
    const scenes = settings.scenes === undefined ? undefined : await detectScenes(clip, { ...settings.scenes, signal });
    const sound = await soundOfItem(item, request);
    const samples: SampleRecord[] = [];
    const rejected: SkippedSample[] = [];
    let written = 0;
    for (const [index, scene] of (scenes ?? [{ start: 0, end: clip.frameCount }]).entries()) {
      const id = scenes === undefined ? item.id : `${item.id}-scene-${String(index).padStart(3, '0')}`;
      const view = viewOf(clip, scene, settings);
      const bucket = nearestBucket({ width: view.width, height: view.height, frames: view.frameCount }, settings.buckets);
      if (bucket === undefined) {
        rejected.push({ id, reason: `${view.frameCount} frames are fewer than those of every bucket` });
        continue;
      }
      const { sample, wrote } = await makeSample(id, { item, clip, scene, view, bucket, sound }, request);
      samples.push(sample);
      if (wrote) written++;
    }
    if (samples.length === 0) {
      const smallest = settings.buckets.toSorted((a, b) => a.frames - b.frames)[0];
      throw new AiprodError('bad-input', 'the clip is shorter than every bucket', {
        expected: `at least ${smallest.frames} frames, for ${formatBucket(smallest)}`,
        found: rejected.map(({ reason }) => reason).join('; '),
      });
    }
    return { samples, rejected, written };
  } finally {
    await clip.close();
  }
}

function viewOf(clip: VideoReader, { start, end }: Scene, { frameRate }: PreprocessSettings): VideoReader {
  // An image has no rate to change.
  return viewClip(clip, { start, end, ...(frameRate === undefined || clip.frameCount === 1 ? {} : { frameRate }) });
}

/** A sound without a picture: the first seconds of it, as many as the longest duration that it fills. */
async function sampleOfSound(
  item: MediaItem,
  audio: string,
  { source, encoder, settings, files, signal }: MakeRequest,
): Promise<SampleRecord> {
  const { durations, sound: isWanted, pixels } = settings;
  if (pixels === true || !isWanted || encoder.sound === undefined) {
    throw new AiprodError('bad-input', 'a sound without a picture is of no use here', {
      expected: pixels === true ? 'a video or an image' : encoder.sound === undefined ? 'a model of picture and sound' : 'with_audio: true',
      hint: 'Name its video, or take it out of the set',
    });
  }
  if (durations === undefined) {
    throw new AiprodError('bad-input', 'nothing says how long sounds without a picture are made', {
      expected: 'preprocess.audio_durations',
      hint: 'Set it to seconds such as 2.0;4.0, or take the sounds out of the set',
    });
  }
  const sound = await requiredSound(source, audio, signal);
  const seconds = sampleCount(sound) / sound.sampleRate;
  const duration = longestDuration(seconds, durations);
  if (duration === undefined) {
    throw new AiprodError('bad-input', 'the sound is shorter than every duration', {
      expected: `at least ${Math.min(...durations)} seconds`,
      found: seconds.toFixed(3),
    });
  }
  const folders: string[] = [];
  const part = { start: 0, frames: Math.round(1000 * duration), frameRate: { numerator: 1000, denominator: 1 } };
  for await (const [folder, tensors] of soundTensors(item, sound, part, { source, encoder: encoder.sound, signal })) {
    await files.write(folder, item.id, tensors, { duration: String(duration) });
    folders.push(folder);
  }
  return { id: item.id, folders };
}

async function soundOfItem({ audio, video }: MediaItem, { source, encoder, settings, signal }: MakeRequest): Promise<Waveform | null> {
  const path = audio ?? video;
  if (!settings.sound || encoder.sound === undefined || path === undefined) return null;
  return soundOf(source, path, signal);
}

interface Part {
  readonly item: MediaItem;
  readonly clip: VideoReader;
  readonly scene: Scene;
  readonly view: VideoReader;
  readonly bucket: ClipSize;
  readonly sound: Waveform | null;
}

async function makeSample(id: string, part: Part, request: MakeRequest): Promise<{ sample: SampleRecord; wrote: boolean }> {
  const { item, clip, scene, view, bucket, sound } = part;
  const { encoder, captioner, files, settings, signal } = request;
  const folders: string[] = [];
  const write: SampleFiles['write'] = async (folder, name, tensors, metadata, stored) => {
    await files.write(folder, name, tensors, metadata, stored);
    folders.push(folder);
  };
  const rate: FrameRate = view.frameRate ?? { numerator: 1, denominator: 1 };
  const metadata = { fps: String(rate.numerator / rate.denominator), frame_rate: formatFrameRate(rate), bucket: formatBucket(bucket) };
  if (settings.pixels === true) {
    await write(PRECOMPUTED_FOLDERS.videos, id, await clipPixels(view, bucket), metadata, 'U8');
    return { sample: { id, folders }, wrote: false };
  }
  if (item.reference_video !== undefined) {
    const factor = settings.referenceDownscale;
    const size = { width: bucket.width / factor, height: bucket.height / factor, frames: bucket.frames };
    await withView(item.reference_video, part, request, async (reference) => {
      await write(PRECOMPUTED_FOLDERS.referenceLatents, id, await encoder.encodeVideo(reference, size, signal), metadata);
    });
  }
  if (item.video_mask !== undefined) {
    await withView(item.video_mask, part, request, async (mask) => {
      await write(PRECOMPUTED_FOLDERS.videoMasks, id, await latentMask(mask, bucket, encoder.ratios), { ...metadata, ...MASK_SENSE });
    });
  }
  const soundPart = { start: startOf(scene, clip), frames: bucket.frames, frameRate: rate };
  if (settings.sound && encoder.sound !== undefined) {
    const sounds = soundTensors(item, sound, soundPart, { source: request.source, encoder: encoder.sound, signal });
    for await (const [folder, tensors] of sounds) await write(folder, id, tensors, metadata);
  }
  if (encoder.encodeImage !== undefined) {
    await write(PRECOMPUTED_FOLDERS.imageConditions, id, await encoder.encodeImage(view, bucket, signal), metadata);
  }
  const caption = captioner === undefined ? undefined : await captionOf(view, bucket, captioner, signal);
  // The latents come last: where they are, the rest of the sample is.
  await write(PRECOMPUTED_FOLDERS.latents, id, await encoder.encodeVideo(view, bucket, signal), metadata);
  return { sample: { id, folders, ...(caption === undefined ? {} : { caption }) }, wrote: caption !== undefined };
}

function startOf({ start }: Scene, { frameRate }: VideoReader): number {
  return frameRate === null ? 0 : (start * frameRate.denominator) / frameRate.numerator;
}

/** The same part of another clip of the item. @throws AiprodError 'bad-input' when it is shorter */
async function withView(
  path: string,
  part: Part,
  { source, settings, signal }: MakeRequest,
  use: (view: VideoReader) => Promise<void>,
): Promise<void> {
  const clip = await openClip(source, path, signal);
  try {
    if (clip.frameCount === 1) {
      await use(clip);
      return;
    }
    const start =
      clip.frameRate === null || part.clip.frameRate === null ? part.scene.start : frameAt(startOf(part.scene, part.clip), clip.frameRate);
    const view = start < clip.frameCount ? viewOf(clip, { start, end: clip.frameCount }, settings) : undefined;
    if (view === undefined || view.frameCount < part.bucket.frames) {
      throw new AiprodError('bad-input', 'the clip is shorter than the video that it goes with', {
        where: path,
        expected: `${part.bucket.frames} frames from frame ${start} on`,
        found: `${view?.frameCount ?? 0}`,
      });
    }
    await use(view);
  } finally {
    await clip.close();
  }
}

function frameAt(seconds: number, { numerator, denominator }: FrameRate): number {
  return Math.round((seconds * numerator) / denominator);
}

/** A caption of the picture in the middle of what is learned. */
async function captionOf(view: VideoReader, { frames }: ClipSize, captioner: Captioner, signal: AbortSignal): Promise<string> {
  const middle = frames >> 1;
  for await (const picture of view.pictures({ start: middle, end: middle + 1 })) {
    const caption = await captioner.caption({ width: picture.width, height: picture.height, rgba: picture.rgba() }, signal);
    if (caption.trim() !== '') return caption.trim();
  }
  throw new AiprodError('bad-input', 'the captioner wrote nothing', { hint: 'Write the caption yourself' });
}
