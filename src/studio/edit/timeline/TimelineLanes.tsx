import { useCallback, useEffect, useMemo, useRef, type DragEvent, type KeyboardEvent, type RefObject } from 'react';
import { useTranslations } from 'use-intl';
import { clipAt, endOf, type Clip, type Sequence, type Track } from '../../../project';
import { useStudio, useStudioStore } from '../../state/context';
import { draggedMedia, isDraggedMedia } from '../media/dragged-media';
import { ClipView } from './ClipView';
import type { TimelineCommands } from './commands';
import { Playhead, Ruler } from './Ruler';
import { visibleClips } from './timeline-scale';
import { TrackHeader } from './TrackHeader';
import type { TimelinePointer } from './use-timeline-pointer';
import type { VisibleFrames } from './use-visible-frames';
import marker from './Marker.module.css';
import styles from './TimelineLanes.module.css';

export interface TimelineLanesProps {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly corner: RefObject<HTMLDivElement | null>;
  readonly header: number;
  readonly commands: TimelineCommands;
  readonly pointer: TimelinePointer;
  readonly visible: VisibleFrames;
  readonly active: string | undefined;
  onActive(clip: string): void;
  onMenu(anchor: Element | { readonly x: number; readonly y: number }, clip: string): void;
}

/** Tracks as they are shown: the topmost picture first, then the sounds. */
export const shownTracks = ({ tracks }: Pick<Sequence, 'tracks'>): Track[] => [
  ...tracks.filter(({ kind }) => kind === 'video').reverse(),
  ...tracks.filter(({ kind }) => kind === 'audio'),
];

/** Frames of room after the last clip, in widths of the window. */
const ROOM_AFTER = 0.6;

/** Ruler, tracks and playhead, scrolled in both directions; only what is seen is drawn. */
export function TimelineLanes({ scroller, corner, header, commands, pointer, visible, active, onActive, onMenu }: TimelineLanesProps) {
  const t = useTranslations('timeline');
  const store = useStudioStore();
  const edited = useStudio((state) => state.edited.sequence);
  const pixelsPerFrame = useStudio((state) => state.timeline.pixelsPerFrame);
  const selection = useStudio((state) => state.selection);
  const media = useStudio((state) => state.project.media);
  const missingMedia = useStudio((state) => state.missingMedia);
  const range = useStudio((state) => state.range);
  const sequence = pointer.preview ?? edited;
  const tracks = useMemo(() => shownTracks(sequence), [sequence]);
  const items = useMemo(() => new Map(media.map((item) => [item.id, item])), [media]);
  const selected = useMemo(() => new Set(selection), [selection]);
  const missing = useMemo(() => new Set(missingMedia), [missingMedia]);
  const end = tracks.reduce((most, { clips }) => Math.max(most, ...clips.slice(-1).map(endOf)), 0);
  const width = Math.max(visible.width, end * pixelsPerFrame + visible.width * ROOM_AFTER);

  /** The clip that takes the focus once it is drawn. */
  const wanted = useRef<string | undefined>(undefined);
  const focusWanted = useCallback(() => {
    const element = scroller.current?.querySelector<HTMLElement>(`[data-clip-id="${CSS.escape(wanted.current ?? '')}"]`);
    if (element === null || element === undefined) return;
    wanted.current = undefined;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [scroller]);
  useEffect(focusWanted, [active, focusWanted]);

  const goTo = useCallback(
    (clip: Clip | undefined, adding: boolean) => {
      if (clip === undefined) return;
      wanted.current = clip.id;
      onActive(clip.id);
      focusWanted();
      if (!adding) commands.selectGroup(clip);
      else if (!store.getState().selection.includes(clip.id)) commands.selectGroup(clip, true);
    },
    [onActive, focusWanted, commands, store],
  );

  const onKeyDown = (event: KeyboardEvent): void => {
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || target.dataset.clipId === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const id = target.dataset.clipId;
    const row = tracks.findIndex(({ clips }) => clips.some((clip) => clip.id === id));
    const at = tracks[row]?.clips.findIndex((clip) => clip.id === id) ?? -1;
    if (at === -1) return;
    const clip = tracks[row].clips[at];
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[key];
    if (key === 'Enter' || key === 'ContextMenu' || (key === 'F10' && event.shiftKey)) {
      event.preventDefault();
      if (!selected.has(id)) commands.selectGroup(clip);
      onMenu(target, id);
    } else if (step !== undefined) {
      event.preventDefault();
      const inTime = key === 'ArrowLeft' || key === 'ArrowRight';
      goTo(inTime ? tracks[row].clips[at + step] : nearest(tracks, row, step, clip), event.shiftKey);
    }
  };

  const frameAt = (clientX: number): number => {
    const left = scroller.current?.getBoundingClientRect().left ?? 0;
    return Math.max(0, Math.round((clientX - left - header + (scroller.current?.scrollLeft ?? 0)) / pixelsPerFrame));
  };
  const onDragOver = (event: DragEvent): void => {
    if (isDraggedMedia(event.dataTransfer)) event.preventDefault();
  };
  const onDrop = (event: DragEvent): void => {
    const item = media.find(({ id }) => id === draggedMedia(event.dataTransfer));
    if (item === undefined) return;
    event.preventDefault();
    const lane = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-lane]')?.dataset.lane : undefined;
    const { kind, place } = placeOf(edited, lane);
    const refused = store.getState().addToTimeline(item, {
      at: end === 0 ? 0 : frameAt(event.clientX),
      onMeeting: store.getState().timeline.ripple ? 'make-room' : 'overwrite',
      ...(kind === undefined ? {} : { [kind]: place }),
    });
    store.getState().announce(commands.outcome({ key: 'insert', values: { name: item.name } }, refused));
  };

  const left = (frame: number): number => header + frame * pixelsPerFrame;
  return (
    <div className={styles.scroller} ref={scroller} dir="ltr" data-refused={pointer.refused} onDragOver={onDragOver} onDrop={onDrop}>
      <div className={styles.content} style={{ inlineSize: header + width }}>
        <div className={styles.corner} ref={corner} />
        <div className={styles.rulerRow}>
          <Ruler sequence={sequence} pixelsPerFrame={pixelsPerFrame} visible={visible} range={range} commands={commands} />
        </div>
        {/* Keys and pointers of the cells are handled in one place. */}
        {/* The grid's cells take the focus, one at a time. */}
        <div
          role="grid"
          tabIndex={-1}
          aria-label={t('tracks')}
          aria-multiselectable="true"
          aria-rowcount={tracks.length}
          className={styles.grid}
          onPointerDown={pointer.onPointerDown}
          onKeyDown={onKeyDown}
          onFocus={({ target }) => {
            if (target.dataset.clipId !== undefined) onActive(target.dataset.clipId);
          }}
          onContextMenu={(event) => {
            const element = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-clip-id]') : null;
            const clip = commands.clipOf(element?.dataset.clipId ?? '');
            if (clip === undefined) return;
            event.preventDefault();
            if (!selected.has(clip.id)) commands.selectGroup(clip);
            onMenu({ x: event.clientX, y: event.clientY }, clip.id);
          }}
        >
          {tracks.map((track, row) => (
            <div
              key={track.id}
              role="row"
              aria-rowindex={row + 1}
              className={styles.row}
              data-kind={track.kind}
              data-muted={track.muted}
              data-locked={track.locked}
            >
              <TrackHeader track={track} commands={commands} />
              <div className={styles.lane} data-lane={track.id}>
                {withActive(track.clips, visible, active).map(({ clip, at }) => (
                  <ClipView
                    key={clip.id}
                    {...{ clip, pixelsPerFrame }}
                    item={clip.kind === 'title' ? undefined : items.get(clip.media)}
                    trackName={track.name}
                    rate={sequence.rate}
                    from={visible.from}
                    to={visible.to}
                    selected={selected.has(clip.id)}
                    active={clip.id === active}
                    missing={clip.kind !== 'title' && (missing.has(clip.media) || !items.has(clip.media))}
                    column={at + 2}
                  />
                ))}
              </div>
            </div>
          ))}
        </div>
        {range !== undefined && (
          <div
            className={styles.range}
            style={{ insetInlineStart: left(range.start), inlineSize: (range.end - range.start) * pixelsPerFrame }}
          />
        )}
        {sequence.markers
          .filter(({ frame }) => frame >= visible.from && frame <= visible.to)
          .map(({ id, frame, color }) => (
            <div key={id} className={marker.line} data-color={color} style={{ insetInlineStart: left(frame) }} />
          ))}
        {pointer.snapLine !== undefined && (
          <div className={styles.snapLine} style={{ insetInlineStart: left(pointer.snapLine) }} data-testid="snap-line" />
        )}
        <div className={styles.over} style={{ insetInlineStart: header }}>
          <Playhead {...{ sequence, pixelsPerFrame, scroller, header }} />
        </div>
      </div>
      {end === 0 && (
        <div className={styles.empty}>
          <p>{t('empty.title')}</p>
          <p>{t('empty.help')}</p>
        </div>
      )}
    </div>
  );
}

/** What is seen of a track, and the clip that has the focus wherever it is: focus must not be lost by scrolling. */
function withActive(clips: readonly Clip[], { from, to }: VisibleFrames, active: string | undefined): { clip: Clip; at: number }[] {
  const shown = visibleClips(clips, from, to);
  const first = shown.length === 0 ? 0 : clips.indexOf(shown[0]);
  const list = shown.map((clip, k) => ({ clip, at: first + k }));
  if (active === undefined || shown.some(({ id }) => id === active)) return list;
  const at = clips.findIndex(({ id }) => id === active);
  return at === -1 ? list : [...list, { clip: clips[at], at }];
}

/** The clip of the next track with any, in a direction, that lies nearest in time. */
function nearest(tracks: readonly Track[], row: number, step: number, { start, duration }: Clip): Clip | undefined {
  const middle = start + duration / 2;
  for (let at = row + step; at >= 0 && at < tracks.length; at += step) {
    const { clips } = tracks[at];
    if (clips.length === 0) continue;
    const distance = (clip: Clip): number => Math.abs(clip.start + clip.duration / 2 - middle);
    return clipAt(clips, start) ?? clips.reduce((best, clip) => (distance(clip) < distance(best) ? clip : best));
  }
  return undefined;
}

/** A track's place among those of its kind. */
function placeOf({ tracks }: Sequence, id: string | undefined): { readonly kind?: Track['kind']; readonly place?: number } {
  const track = tracks.find((one) => one.id === id);
  return track === undefined ? {} : { kind: track.kind, place: tracks.filter(({ kind }) => kind === track.kind).indexOf(track) };
}
