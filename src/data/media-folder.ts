import { z } from 'zod';
import { AiprodError } from '../errors';
import type { DataSource } from './data-source';
import { readText } from './description';
import { mapConcurrently } from './map-concurrently';
import { withoutEnding, type MediaItem, type MediaSet } from './media-item';
import type { SkippedSample } from './sample-set';

const PICTURES = /\.(mp4|m4v|mov|webm|mkv|gif|y4m|png|jpe?g|webp)$/i;
const SOUNDS = /\.(wav|mp3|flac|ogg|m4a)$/i;
const CAPTION = '.txt';
/** Notes on a clip, as webdataset shards have them. */
const NOTES = '.json';
const notesSchema = z.looseObject({ caption: z.string().optional(), text: z.string().optional() });
const CONCURRENT_CAPTIONS = 16;

/** Whether a file is one that makes a sample, by its ending. */
export function isMedia(path: string): boolean {
  return PICTURES.test(path) || SOUNDS.test(path);
}

/**
 * A folder of media, whatever lies how deep in it: each video or image is a sample; a text file of the same name is its caption (or a
 * JSON file with `caption` or `text`), a sound file of the same name its sound. A sound without a picture is a sample too.
 * @throws AiprodError 'bad-input' when there is none.
 */
export async function readMediaFolder(source: DataSource, folder: string, signal?: AbortSignal): Promise<MediaSet> {
  const paths = (await source.list(folder, signal)).map(({ path }) => path);
  const notes = new Set(paths.filter((path) => path.endsWith(CAPTION) || path.endsWith(NOTES)));
  const drafts = new Map<string, { video?: string; audio?: string }>();
  const rejected: SkippedSample[] = [];
  for (const path of paths) {
    const field = PICTURES.test(path) ? 'video' : SOUNDS.test(path) ? 'audio' : undefined;
    if (field === undefined) continue;
    const id = withoutEnding(path);
    const draft = drafts.get(id) ?? {};
    if (draft[field] === undefined) drafts.set(id, { ...draft, [field]: path });
    else rejected.push({ id: path, reason: `${draft[field]} makes the same sample; rename one of them` });
  }
  if (drafts.size === 0) {
    throw new AiprodError('bad-input', 'the folder holds no media', {
      where: `${source.name}/${folder}`,
      expected: 'videos, images or sounds',
      found: `${paths.length} other files`,
    });
  }
  const items = await mapConcurrently([...drafts], CONCURRENT_CAPTIONS, async ([id, files]): Promise<MediaItem> => {
    if (notes.has(id + CAPTION)) return { id, ...files, caption: (await readText(await source.open(id + CAPTION, signal))).trim() };
    const caption = notes.has(id + NOTES) ? captionIn(await readText(await source.open(id + NOTES, signal))) : undefined;
    return caption === undefined ? { id, ...files } : { id, ...files, caption };
  });
  return { items, rejected };
}

/** What notes say of a clip; undefined where they say nothing, or are of another kind. */
function captionIn(text: string): string | undefined {
  try {
    const { caption, text: other } = notesSchema.parse(JSON.parse(text));
    return (caption ?? other)?.trim();
  } catch {
    // Any JSON file may lie beside a clip.
    return undefined;
  }
}
