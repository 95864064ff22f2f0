/** A sequence as a stream of frames, from the files on disk: what `aiprod render` writes. */
import { readFile } from 'node:fs/promises';
import type { SoundSource } from '../../audio';
import { AiprodError } from '../../errors';
import {
  endOf,
  isPlain,
  layersAt,
  mediaFrameAt,
  mixSound,
  soundsIn,
  type Layer,
  type MediaItem,
  type PictureSize,
  type Sequence,
  type Title,
} from '../../project';
import { createClipFrames, createFrameCache, createSoundPool, type ClipFrames, type Kept, type Picture } from '../../media';
import { openSound, openVideo, readSoundFacts } from '../../media/node';
import type { ColorTable, Compositor, LayerPicture, PicturedLayer } from '../composition';
import { parseCube } from '../cube';
import type { TitleDrawer } from '../titles/draw-title';

export interface RenderOptions {
  readonly sequence: Sequence;
  readonly media: readonly MediaItem[];
  /** Files of media by id; media that have none are black and silent. */
  readonly files: ReadonlyMap<string, string>;
  readonly output: PictureSize;
  /** The compositor, asked for when the first frame needs one. */
  readonly compositor: () => Promise<Compositor>;
  readonly titles: TitleDrawer;
}

/** A sequence opened for rendering. */
export interface SequenceRenderer {
  /** Frame of the sequence: RGBA8, opaque, of the output's size. In order is fastest. */
  frame(index: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A picture as it was decoded. */
interface KeptPicture extends Kept {
  readonly picture: Picture;
}

function keepPicture(picture: Picture): KeptPicture {
  const { width, height, planes } = picture;
  const bytes = planes === null ? width * height * 4 : planes.y.byteLength + planes.cb.byteLength + planes.cr.byteLength;
  return { picture, bytes };
}

/** Bytes of decoded frames that are kept for a clip that is played backwards or stands. */
const keptBytes = 32 * 2 ** 20;

const black: LayerPicture = { kind: 'bytes', width: 1, height: 1, rgba: Uint8Array.of(0, 0, 0, 255) };

export function openSequenceRenderer({ sequence, media, files, output, compositor, titles }: RenderOptions): SequenceRenderer {
  const items = new Map(media.map((item) => [item.id, item]));
  // One reader a clip: two clips of one file are decoded each in its order.
  const clips = new Map<string, ClipFrames<KeptPicture>>();
  const cache = createFrameCache<KeptPicture>(keptBytes);
  const stills = new Map<string, LayerPicture>();
  const tables = new Map<string, ColorTable>();

  async function openClip(id: string, path: string): Promise<ClipFrames<KeptPicture>> {
    const known = clips.get(id);
    if (known !== undefined) return known;
    const opened = createClipFrames(id, await openVideo(path), cache, keepPicture);
    clips.set(id, opened);
    return opened;
  }

  async function closeClip(id: string): Promise<void> {
    const opened = clips.get(id);
    clips.delete(id);
    await opened?.close();
  }

  /** The decoded picture of a layer of media; null where its file is missing. */
  async function decoded({ clip, source }: Layer): Promise<Picture | null> {
    if (source.kind !== 'media') return null;
    const path = files.get(source.media);
    if (path === undefined) return null;
    const { reader, reach } = await openClip(clip.id, path);
    const { rate = reader.frameRate ?? undefined } = items.get(source.media) ?? {};
    return (await reach(mediaFrameAt({ rate, frames: reader.frameCount }, source.time), () => false))?.picture ?? null;
  }

  async function pictureOf(layer: Layer): Promise<LayerPicture> {
    const { source } = layer;
    if (source.kind === 'title') return titles.draw(source.title, output);
    const item = items.get(source.media);
    const known = stills.get(source.media);
    if (known !== undefined) return known;
    const found = await decoded(layer);
    // What is missing is black of the size that it had.
    if (found === null) return item?.width === undefined || item.height === undefined ? black : blackOf(item.width, item.height);
    const picture: LayerPicture = { kind: 'bytes', width: found.width, height: found.height, rgba: found.rgba() };
    if (item?.kind === 'image') stills.set(source.media, picture);
    return picture;
  }

  async function tableOf(id: string): Promise<void> {
    const path = files.get(id);
    if (tables.has(id) || path === undefined) return;
    tables.set(id, parseCube(await readFile(path, 'utf8'), path));
  }

  return {
    async frame(index) {
      const layers = layersAt(sequence, index);
      const inUse = new Set(layers.map(({ clip }) => clip.id));
      for (const id of [...clips.keys()]) if (!inUse.has(id)) await closeClip(id);
      const [lowest] = layers;
      if (layers.length === 1 && isPlain(layers, output, output)) {
        const found = await decoded(lowest);
        // Pictures with planes have no alpha: such a frame is what its file holds.
        if (found !== null && found.planes !== null && isPlain(layers, found, output)) return found.rgba();
      }
      const pictured: PicturedLayer[] = [];
      for (const layer of layers) pictured.push({ layer: withoutMissingTables(layer, files), picture: await pictureOf(layer) });
      for (const { effects } of layers) for (const { lut } of effects) if (lut !== undefined) await tableOf(lut);
      return (await compositor()).compose({ layers: pictured, frame: sequence, output, background: sequence.background, tables });
    },
    async close() {
      for (const id of [...clips.keys()]) await closeClip(id);
    },
  };
}

/** A layer without the effects whose tables are missing. */
const withoutMissingTables = (layer: Layer, files: ReadonlyMap<string, string>): Layer => ({
  ...layer,
  effects: layer.effects.filter(({ lut }) => lut === undefined || files.has(lut)),
});

function blackOf(width: number, height: number): LayerPicture {
  const rgba = new Uint8Array(width * height * 4);
  for (let at = 3; at < rgba.length; at += 4) rgba[at] = 255;
  return { kind: 'bytes', width, height, rgba };
}

/** Titles that frames of a sequence show. */
export function titlesInRange(sequence: Sequence, range: { readonly start: number; readonly end: number }): readonly Title[] {
  return sequence.tracks.flatMap((track) =>
    track.kind !== 'video' || track.muted
      ? []
      : track.clips.flatMap((clip) =>
          clip.kind === 'title' && clip.enabled && clip.start < range.end && endOf(clip) > range.start ? [clip.title] : [],
        ),
  );
}

/** Ids of the media that frames of a sequence show, or sound, or look colours up in. */
export function mediaInRange(sequence: Sequence, range: { readonly start: number; readonly end: number }): ReadonlySet<string> {
  const used = new Set(soundsIn(sequence, range).map(({ clip }) => clip.media));
  for (const track of sequence.tracks) {
    if (track.kind !== 'video' || track.muted) continue;
    for (const clip of track.clips) {
      if (!clip.enabled || clip.kind === 'sound' || clip.start >= range.end || clip.start + clip.duration <= range.start) continue;
      if (clip.kind === 'picture') used.add(clip.media);
      for (const { enabled, lut } of clip.effects) if (enabled && lut !== undefined) used.add(lut);
    }
  }
  return used;
}

/** What a range of frames sounds like, mixed as it is read; closing it closes its files. */
export interface SequenceSound extends SoundSource {
  close(): Promise<void>;
}

/**
 * The sound of a range of frames; null where there is none to be heard.
 * @throws AiprodError `bad-input` when a file holds no sound
 */
export async function openSequenceSound(
  { sequence, files }: Pick<RenderOptions, 'sequence' | 'files'>,
  range: { readonly start: number; readonly end: number },
): Promise<SequenceSound | null> {
  const audible = new Set(soundsIn(sequence, range).map(({ clip }) => clip.media));
  if (audible.size === 0) return null;
  for (const id of audible) {
    const path = files.get(id);
    if (path !== undefined && (await readSoundFacts(path)) === null)
      throw new AiprodError('bad-input', 'the file of a clip of sound holds none', {
        where: path,
        hint: 'Remove the clip, or choose another file',
      });
  }
  const pool = createSoundPool(async (path) => openSound(path));
  const mix = mixSound(sequence, range, async (id) => {
    const path = files.get(id);
    return path === undefined ? null : pool.sound(path);
  });
  return { ...mix, close: () => pool.close() };
}
