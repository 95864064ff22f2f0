import { useMemo } from 'react';
import { peakColumns } from '../../../audio';
import type { FrameRate } from '../../../media';
import { sourceTime, toNumber, type MediaItem, type PictureClip, type SoundClip } from '../../../project';
import { PITCH, waveformDrawing, WaveformBars } from '../../components/WaveformBars';
import { useTextScale } from '../../components/use-text-scale';
import { usePeaks } from '../media-pictures';
import { Thumbnail } from '../Thumbnail';
import styles from './ClipView.module.css';

/** The part of a clip that is drawn, in pixels from its start. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

interface ClipPictureProps<Clip> {
  readonly clip: Clip;
  readonly item: MediaItem;
  readonly rate: FrameRate;
  readonly pixelsPerFrame: number;
  readonly part: Part;
}

/** Height of a thumbnail in a lane, in units of 1/16 of the text's size: in step with the lane's style. */
const HEIGHT = 54;

/** Thumbnails side by side, each of the picture at its own beginning. */
export function ClipThumbnails({ clip, item, rate, pixelsPerFrame, part }: ClipPictureProps<PictureClip>) {
  const aspect = item.width === undefined || item.height === undefined ? 16 / 9 : item.width / item.height;
  const scale = useTextScale();
  const tile = Math.max(24, Math.min(160, HEIGHT * aspect)) * scale;
  const first = Math.floor(part.from / tile);
  const count = Math.max(1, Math.ceil(part.to / tile) - first);
  const secondsAt = (pixels: number): number => toNumber(sourceTime(clip, Math.floor(pixels / pixelsPerFrame) + 0.5, rate));
  // Times on a grid that doubles with the zoom, so that zooming finds most of them there already.
  const grid = 2 ** Math.floor(Math.log2(Math.max(0.01, (tile / pixelsPerFrame) * (rate.denominator / rate.numerator)))) / 2;
  const still = item.frames === undefined;
  const last = still ? 0 : Math.max(0, (item.frames ?? 1) - 0.5) * ((item.rate?.denominator ?? 1) / (item.rate?.numerator ?? 24));
  return (
    <div className={styles.pictures} style={{ insetInlineStart: first * tile }}>
      {Array.from({ length: count }, (_, at) => {
        const seconds = still ? 0 : Math.min(last, Math.max(0, Math.round(secondsAt((first + at) * tile) / grid) * grid));
        return (
          <span key={first + at} className={styles.tile} style={{ inlineSize: tile }}>
            <Thumbnail media={item.id} seconds={seconds} className={styles.thumbnail} />
          </span>
        );
      })}
    </div>
  );
}

/** The sound of a clip at its own speed; one that plays backwards is drawn so. */
export function ClipWaveform({ clip, item, rate, pixelsPerFrame, part }: ClipPictureProps<SoundClip>) {
  const peaks = usePeaks(item.id);
  const { from, to } = part;
  const columns = Math.max(1, Math.floor((to - from) / PITCH));
  const drawing = useMemo(() => {
    if (peaks === undefined) return undefined;
    const [start, end] = [from, to].map(
      (pixels) => toNumber(clip.sourceStart) + ((pixels / pixelsPerFrame) * rate.denominator * toNumber(clip.speed)) / rate.numerator,
    );
    const drawn = peakColumns(peaks, { start: Math.min(start, end), end: Math.max(start, end) }, columns);
    const [whole] = peaks.levels.slice(-1);
    // Scaled to the loudest of the file, so that scrolling and cutting change no bar.
    const swing = Math.max(1e-4, ...whole.maxima, ...Array.from(whole.minima, (value) => -value));
    return waveformDrawing(start <= end ? drawn : drawn.reverse(), swing);
  }, [peaks, clip.sourceStart, clip.speed, from, to, pixelsPerFrame, rate, columns]);
  return (
    <div className={styles.wave} style={{ insetInlineStart: from, inlineSize: to - from }}>
      {drawing !== undefined && <WaveformBars drawing={drawing} tone="muted" className={styles.bars} />}
    </div>
  );
}
