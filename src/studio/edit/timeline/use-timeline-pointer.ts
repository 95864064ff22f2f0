import { produce } from 'immer';
import { useCallback, useEffect, useRef, useState, type PointerEvent as ReactPointerEvent, type RefObject } from 'react';
import { endOf, latentGridFrames, RefusedEdit, snap, snapPoints, type Clip, type Sequence, type Track } from '../../../project';
import { useStudioStore } from '../../state/context';
import type { StudioState } from '../../state/studio-store';
import type { TimelineCommands } from './commands';
import { dragEdit, snappingEdges, type DragEdit, type Handle, type Held } from './drag-edits';

/** Pixels within which edges snap, and after which a press is a drag. */
const SNAP_PIXELS = 9;
const DRAG_PIXELS = 4;
/** Pixels from the side at which the timeline scrolls under a drag, and how far a frame of the screen. */
const SCROLL_ZONE = 36;
const SCROLL_STEP = 14;

/** A rectangle over the lanes, in pixels of the window. */
export interface Marquee {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface TimelinePointer {
  /** What the sequence would be if the drag ended here. */
  readonly preview: Sequence | undefined;
  /** Frame of the line that an edge has snapped to. */
  readonly snapLine: number | undefined;
  readonly marquee: Marquee | undefined;
  /** What is dragged cannot be put there. */
  readonly refused: boolean;
  onPointerDown(event: ReactPointerEvent): void;
}

interface Options {
  readonly scroller: RefObject<HTMLElement | null>;
  readonly commands: TimelineCommands;
  onActive(clip: string): void;
}

const idle = { preview: undefined, snapLine: undefined, marquee: undefined, refused: false } as const;
type Shown = Omit<TimelinePointer, 'onPointerDown'>;

/** Dragging clips and their edges, and selecting by a rectangle: mouse, pen and finger. Escape gives up. */
export function useTimelinePointer({ scroller, commands, onActive }: Options): TimelinePointer {
  const store = useStudioStore();
  const [shown, setShown] = useState<Shown>(idle);
  const stop = useRef<(() => void) | undefined>(undefined);
  useEffect(() => () => stop.current?.(), []);

  /** Follows the pointer until it is let go. `end` hears whether it was dragged, and that was meant, or only pressed. */
  const follow = useCallback(
    (
      down: PointerEvent,
      moved: (event: PointerEvent, scrolled: number) => void,
      end: (outcome: 'dragged' | 'pressed' | 'given up') => void,
    ) => {
      const area = scroller.current;
      if (area === null) return;
      stop.current?.();
      const began = area.scrollLeft;
      let last = down;
      let dragging = false;
      let timer = 0;
      const update = (): void => moved(last, area.scrollLeft - began);
      const scroll = (): void => {
        const { left, right } = area.getBoundingClientRect();
        const by = last.clientX > right - SCROLL_ZONE ? SCROLL_STEP : last.clientX < left + SCROLL_ZONE ? -SCROLL_STEP : 0;
        if (dragging && by !== 0) {
          area.scrollBy({ left: by });
          update();
        }
        timer = requestAnimationFrame(scroll);
      };
      const onMove = (event: PointerEvent): void => {
        if (event.pointerId !== down.pointerId) return;
        last = event;
        dragging ||= Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) >= DRAG_PIXELS;
        if (dragging) update();
      };
      const finish = (kept: boolean): void => {
        cancelAnimationFrame(timer);
        window.removeEventListener('pointermove', onMove);
        window.removeEventListener('pointerup', onUp);
        window.removeEventListener('pointercancel', onCancel);
        window.removeEventListener('pointerdown', onOther, true);
        window.removeEventListener('keydown', onKey, true);
        stop.current = undefined;
        end(!kept ? 'given up' : dragging ? 'dragged' : 'pressed');
        setShown(idle);
      };
      const onUp = (event: PointerEvent): void => (event.pointerId === down.pointerId ? finish(true) : undefined);
      const onCancel = (event: PointerEvent): void => (event.pointerId === down.pointerId ? finish(false) : undefined);
      // A second finger zooms: what the first one held stays where it was.
      const onOther = (event: PointerEvent): void =>
        event.pointerType === 'touch' && event.pointerId !== down.pointerId ? finish(false) : undefined;
      const onKey = (event: KeyboardEvent): void => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        finish(false);
      };
      window.addEventListener('pointermove', onMove);
      window.addEventListener('pointerup', onUp);
      window.addEventListener('pointercancel', onCancel);
      window.addEventListener('pointerdown', onOther, true);
      window.addEventListener('keydown', onKey, true);
      stop.current = () => finish(false);
      timer = requestAnimationFrame(scroll);
    },
    [scroller],
  );

  const dragClip = useCallback(
    (down: PointerEvent, held: Held, track: Track) => {
      const points = store.getState().timeline.snapping ? pointsFor(store.getState(), held) : [];
      let latest: DragEdit | undefined;
      const moved = (event: PointerEvent, scrolled: number): void => {
        const { timeline, lengths } = store.getState();
        const { pixelsPerFrame, tool } = timeline;
        const wanted = (event.clientX - down.clientX + scrolled) / pixelsPerFrame;
        const edges = snappingEdges(held, tool).map((edge) => edge + wanted);
        const snapped = snap(edges, points, SNAP_PIXELS, pixelsPerFrame);
        const by = Math.round(wanted + (snapped?.by ?? 0));
        const tracks = held.handle === 'body' ? tracksBetween(held.sequence, track, event) : 0;
        latest = dragEdit(held, { by, tracks, alt: event.altKey }, timeline, lengths(), () => crypto.randomUUID());
        try {
          setShown({ preview: produce(held.sequence, latest.edit), snapLine: snapped?.point.frame, marquee: undefined, refused: false });
        } catch (error) {
          if (!(error instanceof RefusedEdit)) throw error;
          setShown({ ...idle, refused: true });
        }
      };
      follow(down, moved, (outcome) => {
        if (outcome === 'dragged' && latest !== undefined) commands.perform(latest.label, latest.edit);
        // Of several that were selected, so that they could be dragged, the one that was only pressed stays.
        else if (outcome === 'pressed') commands.selectGroup(held.clip);
      });
    },
    [store, follow, commands],
  );

  const dragMarquee = useCallback(
    (down: PointerEvent) => {
      const adding = down.shiftKey || down.ctrlKey || down.metaKey;
      const before = adding ? store.getState().selection : [];
      if (!adding) store.getState().selectClips([]);
      follow(
        down,
        (event, scrolled) => {
          const marquee = rectangle(down.clientX - scrolled, down.clientY, event.clientX, event.clientY);
          setShown({ ...idle, marquee });
          store.getState().selectClips([...new Set([...before, ...clipsWithin(scroller.current, marquee, store.getState())])]);
        },
        () => undefined,
      );
    },
    [store, follow, scroller],
  );

  const onPointerDown = useCallback(
    (event: ReactPointerEvent) => {
      const { target } = event;
      // Another finger than the first zooms.
      if (event.button !== 0 || !event.isPrimary || !(target instanceof Element)) return;
      const element = target.closest<HTMLElement>('[data-clip-id]');
      if (element === null) {
        if (event.pointerType !== 'touch' && target.closest('[data-lane]') !== null) dragMarquee(event.nativeEvent);
        return;
      }
      const { sequence } = store.getState().edited;
      const track = sequence.tracks.find(({ clips }) => clips.some(({ id }) => id === element.dataset.clipId));
      const clip = track?.clips.find(({ id }) => id === element.dataset.clipId);
      if (track === undefined || clip === undefined) return;
      onActive(clip.id);
      const was = store.getState().selection;
      if (event.shiftKey || event.ctrlKey || event.metaKey) {
        commands.selectGroup(clip, true);
        return;
      }
      if (!was.includes(clip.id)) {
        commands.selectGroup(clip);
        // The first touch only selects: a finger that moves then scrolls.
        if (event.pointerType === 'touch') return;
      }
      const handle = handleOf(target);
      const ids = [clip.id, ...store.getState().selection.filter((id) => id !== clip.id)];
      dragClip(event.nativeEvent, { handle, clip, ids, sequence }, track);
    },
    [store, commands, onActive, dragClip, dragMarquee],
  );

  return { ...shown, onPointerDown };
}

function handleOf(target: Element): Handle {
  const name = target.closest<HTMLElement>('[data-handle]')?.dataset.handle;
  return name === 'start' || name === 'end' || name === 'fade-in' || name === 'fade-out' ? name : 'body';
}

/** Everything that what is held may snap to: edges of other clips, marks, the playhead, and the latent grids of generated clips. */
function pointsFor({ playhead, project, environment }: StudioState, { ids, sequence, handle }: Held) {
  const stride = environment.status === 'ready' ? environment.description.traits.frameMultiple : undefined;
  const generated = new Map(
    project.media.flatMap((item) => (item.generation === undefined || item.rate === undefined ? [] : [[item.id, item.rate]])),
  );
  const grid = (clip: Clip): number[] => {
    const rate = clip.kind === 'picture' ? generated.get(clip.media) : undefined;
    return stride === undefined || rate === undefined ? [] : latentGridFrames(clip, rate, stride, sequence.rate);
  };
  const held = new Set(ids);
  // Clips that move take their grids along; an edge that is trimmed may snap to its own.
  const latent = sequence.tracks.flatMap(({ clips }) => clips.filter(({ id }) => handle !== 'body' || !held.has(id)).flatMap(grid));
  return snapPoints({ sequence, playhead, except: held, latent });
}

/** Tracks of the same kind from a track to the one under the pointer; 0 over others. */
function tracksBetween({ tracks }: Sequence, from: Track, { clientX, clientY }: PointerEvent): number {
  const id = document
    .elementsFromPoint(clientX, clientY)
    .map((element) => element.closest<HTMLElement>('[data-lane]')?.dataset.lane)
    .find((lane) => lane !== undefined);
  const ofKind = tracks.filter(({ kind }) => kind === from.kind);
  const to = ofKind.findIndex((track) => track.id === id);
  return to === -1 ? 0 : to - ofKind.findIndex((track) => track.id === from.id);
}

const rectangle = (x: number, y: number, otherX: number, otherY: number): Marquee => ({
  ...{ left: Math.min(x, otherX), right: Math.max(x, otherX) },
  ...{ top: Math.min(y, otherY), bottom: Math.max(y, otherY) },
});

/** Clips whose place meets a rectangle, those beyond what is drawn too. */
function clipsWithin(scroller: HTMLElement | null, marquee: Marquee, { edited, timeline }: StudioState): string[] {
  const lanes = scroller?.querySelectorAll<HTMLElement>('[data-lane]') ?? [];
  return Array.from(lanes).flatMap((lane) => {
    const { left, top, bottom } = lane.getBoundingClientRect();
    if (top > marquee.bottom || bottom < marquee.top) return [];
    const from = (marquee.left - left) / timeline.pixelsPerFrame;
    const to = (marquee.right - left) / timeline.pixelsPerFrame;
    const track = edited.sequence.tracks.find(({ id }) => id === lane.dataset.lane);
    return (track?.clips ?? []).flatMap((clip) => (clip.start < to && endOf(clip) > from ? [clip.id] : []));
  });
}
