import { createContext, useContext, useEffect, useState } from 'react';
import type { WaveformPeaks } from '../../audio';
import type { EditorState } from '../state/editor-state';

/** Pixels of a thumbnail's height: twice what is shown, for dense screens. */
const THUMBNAIL_HEIGHT = 96;
/** Most that are kept; a picture of 170 x 96 takes 64 kB. */
const MOST_THUMBNAILS = 600;

/** Thumbnails and waveforms of the project's media, asked of the editor's worker once and kept. */
export interface MediaPictures {
  /** What is there already. */
  kept(media: string, seconds: number): ImageBitmap | undefined;
  /** Undefined where the file is missing or gives no picture. */
  thumbnail(media: string, seconds: number): Promise<ImageBitmap | undefined>;
  /** Undefined where the file is missing or has no sound. */
  peaks(media: string): Promise<WaveformPeaks | undefined>;
  close(): void;
}

export function mediaPictures({ editor, openMedia }: Pick<EditorState, 'editor' | 'openMedia'>): MediaPictures {
  const thumbnails = new Map<string, ImageBitmap>();
  const asked = new Map<string, Promise<ImageBitmap | undefined>>();
  const peaks = new Map<string, Promise<WaveformPeaks | undefined>>();
  const keyOf = (media: string, seconds: number): string => `${media}@${seconds.toFixed(3)}`;

  const keep = (key: string, picture: ImageBitmap): void => {
    thumbnails.set(key, picture);
    // The oldest leave first; what is on the screen was drawn already.
    for (const [old, oldPicture] of thumbnails) {
      if (thumbnails.size <= MOST_THUMBNAILS) break;
      thumbnails.delete(old);
      oldPicture.close();
    }
  };

  return {
    kept: (media, seconds) => thumbnails.get(keyOf(media, seconds)),
    thumbnail(media, seconds) {
      const key = keyOf(media, seconds);
      const there = thumbnails.get(key);
      if (there !== undefined) return Promise.resolve(there);
      const asking =
        asked.get(key) ??
        openMedia()
          .then(() => editor().thumbnail(media, seconds, THUMBNAIL_HEIGHT))
          .then((picture) => {
            keep(key, picture);
            return picture;
          })
          // A file that is missing or has no pictures is shown as a plain clip; the media list says so in words.
          .catch(() => undefined)
          .finally(() => asked.delete(key));
      asked.set(key, asking);
      return asking;
    },
    peaks(media) {
      const asking =
        peaks.get(media) ??
        openMedia()
          .then(() => editor().peaks(media))
          .then((found) => found ?? undefined)
          .catch(() => {
            peaks.delete(media);
            return undefined;
          });
      peaks.set(media, asking);
      return asking;
    },
    close() {
      for (const picture of thumbnails.values()) picture.close();
      thumbnails.clear();
    },
  };
}

export const MediaPicturesContext = createContext<MediaPictures | undefined>(undefined);

function usePictures(): MediaPictures {
  const pictures = useContext(MediaPicturesContext);
  if (pictures === undefined) throw new Error('this component must be inside the Edit workspace');
  return pictures;
}

/** A small picture of a medium at a time, when it is there. @param media undefined for none */
export function useThumbnail(media: string | undefined, seconds: number): ImageBitmap | undefined {
  const pictures = usePictures();
  const [loaded, setLoaded] = useState<{ readonly key: string; readonly picture: ImageBitmap | undefined }>();
  const key = `${media ?? ''}@${seconds}`;
  useEffect(() => {
    if (media === undefined) return;
    let wanted = true;
    void pictures.thumbnail(media, seconds).then((picture) => (wanted ? setLoaded({ key: `${media}@${seconds}`, picture }) : undefined));
    return () => {
      wanted = false;
    };
  }, [pictures, media, seconds]);
  if (media === undefined) return undefined;
  return pictures.kept(media, seconds) ?? (loaded?.key === key ? loaded.picture : undefined);
}

/** A medium's waveform, when it is there. */
export function usePeaks(media: string | undefined): WaveformPeaks | undefined {
  const pictures = usePictures();
  const [loaded, setLoaded] = useState<{ readonly media: string; readonly peaks: WaveformPeaks | undefined }>();
  useEffect(() => {
    if (media === undefined) return;
    let wanted = true;
    void pictures.peaks(media).then((peaks) => (wanted ? setLoaded({ media, peaks }) : undefined));
    return () => {
      wanted = false;
    };
  }, [pictures, media]);
  return loaded?.media === media ? loaded?.peaks : undefined;
}
