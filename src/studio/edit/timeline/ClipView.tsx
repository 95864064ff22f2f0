import { memo } from 'react';
import { useTranslations } from 'use-intl';
import type { FrameRate } from '../../../media';
import { formatTimecode, toNumber, type Clip, type MediaItem } from '../../../project';
import { Icon, type IconName } from '../../components/Icon';
import { useUnits } from '../../i18n/use-units';
import { ClipThumbnails, ClipWaveform, type Part } from './ClipPicture';
import { clipName } from './commands';
import styles from './ClipView.module.css';

export interface ClipViewProps {
  readonly clip: Clip;
  /** Its file among the project's media; undefined of titles, and of what the project does not have. */
  readonly item: MediaItem | undefined;
  readonly trackName: string;
  readonly rate: FrameRate;
  readonly pixelsPerFrame: number;
  /** The frames that are drawn. */
  readonly from: number;
  readonly to: number;
  readonly selected: boolean;
  /** The one that the keyboard reaches. */
  readonly active: boolean;
  readonly missing: boolean;
  /** The columns of the grid that it stands in: its place on the track, from 1. */
  readonly column: number;
}

/** Least width of a clip, in pixels, that is more than a block of colour; and of one with handles. */
const DETAIL_WIDTH = 28;
const HANDLE_WIDTH = 20;

/** One clip on its track. Pointer and keys are handled by the timeline around it. */
export const ClipView = memo(function ClipView(props: ClipViewProps) {
  const { clip, item, trackName, rate, pixelsPerFrame, from, to, selected, active, missing, column } = props;
  const t = useTranslations('timeline');
  const { percent } = useUnits();
  const name = clipName(clip, item === undefined ? [] : [item]);
  const width = Math.max(2, clip.duration * pixelsPerFrame);
  const part: Part = {
    from: Math.max(0, Math.floor((from - clip.start) * pixelsPerFrame)),
    to: Math.min(width, Math.ceil((to - clip.start) * pixelsPerFrame)),
  };
  const states = [
    ...(clip.link === undefined ? [] : [t('linked')]),
    ...(missing ? [t('missing')] : []),
    ...(clip.enabled ? [] : [t('disabled')]),
  ];
  const told = t('clipOf', {
    ...{ name, track: trackName, start: formatTimecode(clip.start, rate) },
    duration: formatTimecode(clip.duration, rate),
  });
  const drawn = { rate, pixelsPerFrame, part };
  return (
    <div
      role="gridcell"
      tabIndex={active ? 0 : -1}
      aria-selected={selected}
      aria-colindex={column}
      aria-label={[told, ...states].join(', ')}
      className={styles.clip}
      data-clip-id={clip.id}
      data-kind={clip.kind}
      data-enabled={clip.enabled}
      data-missing={missing}
      style={{ insetInlineStart: clip.start * pixelsPerFrame, inlineSize: width }}
    >
      <div className={styles.body}>
        {width >= DETAIL_WIDTH && clip.kind === 'picture' && item !== undefined && <ClipThumbnails clip={clip} item={item} {...drawn} />}
        {width >= DETAIL_WIDTH && clip.kind === 'sound' && item !== undefined && <ClipWaveform clip={clip} item={item} {...drawn} />}
        {width >= DETAIL_WIDTH && (
          <span className={styles.label} style={{ insetInlineStart: part.from }}>
            <Icon name={missing ? 'alert' : iconOf(clip, item)} size={12} />
            <span className={styles.name}>{name}</span>
            {clip.link !== undefined && <Icon name="link" size={12} />}
            {clip.kind !== 'title' && toNumber(clip.speed) !== 1 && <span className={styles.speed}>{percent(toNumber(clip.speed))}</span>}
          </span>
        )}
        <Fade edge="in" frames={Math.min(clip.fadeIn, clip.duration)} pixelsPerFrame={pixelsPerFrame} />
        <Fade edge="out" frames={Math.min(clip.fadeOut, clip.duration)} pixelsPerFrame={pixelsPerFrame} />
      </div>
      {width >= HANDLE_WIDTH && (
        <>
          <span className={styles.handle} data-handle="start" />
          <span className={styles.handle} data-handle="end" />
          <span
            className={styles.fadeHandle}
            data-handle="fade-in"
            style={{ insetInlineStart: Math.min(clip.fadeIn, clip.duration) * pixelsPerFrame }}
          />
          <span
            className={styles.fadeHandle}
            data-handle="fade-out"
            style={{ insetInlineEnd: Math.min(clip.fadeOut, clip.duration) * pixelsPerFrame }}
          />
        </>
      )}
    </div>
  );
});

function iconOf(clip: Clip, item: MediaItem | undefined): IconName {
  if (clip.kind === 'sound') return 'volume';
  if (clip.kind === 'title') return 'list';
  return item?.generation !== undefined ? 'model' : item?.kind === 'image' ? 'image' : 'film';
}

/** The ramp of a fade, drawn over the clip. */
function Fade({ edge, frames, pixelsPerFrame }: { readonly edge: 'in' | 'out'; readonly frames: number; readonly pixelsPerFrame: number }) {
  if (frames === 0) return null;
  return (
    <svg
      className={styles.fade}
      data-edge={edge}
      style={{ inlineSize: frames * pixelsPerFrame }}
      viewBox="0 0 1 1"
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path className={styles.fadeShade} d={edge === 'in' ? 'M0 0H1L0 1Z' : 'M0 0H1V1Z'} />
      <path className={styles.fadeLine} d={edge === 'in' ? 'M0 1L1 0' : 'M0 0L1 1'} />
    </svg>
  );
}
