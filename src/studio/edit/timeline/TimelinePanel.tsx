import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { sequenceFrames } from '../../../project';
import { AnchoredMenu } from '../../components/ActionMenu';
import { useEditWords } from '../../i18n/use-edit-words';
import { useUnits } from '../../i18n/use-units';
import { useStudio, useStudioStore } from '../../state/context';
import { clipMenu } from './clip-menu';
import { ClipTable } from './ClipTable';
import { MarkerDialog } from './MarkerDialog';
import { timelineCommands, type TimelineCommands } from './commands';
import { fittingZoom } from './timeline-scale';
import { shownTracks, TimelineLanes } from './TimelineLanes';
import { TimelineToolbar } from './TimelineToolbar';
import { useTimelineKeys } from './use-timeline-keys';
import { useTimelinePointer } from './use-timeline-pointer';
import { useVisibleFrames } from './use-visible-frames';
import { useZoom } from './use-zoom';
import styles from './TimelinePanel.module.css';

/** The sequence in time, and everything that is done to it. */
export function TimelinePanel() {
  const t = useTranslations('shell');
  const words = useEditWords();
  const told = useTranslations('timeline');
  const store = useStudioStore();
  const form = useStudio((state) => state.timeline.form);
  const commands = useMemo(() => timelineCommands({ store, words, t: told }), [store, words, told]);
  const lanes = useRef<HTMLDivElement>(null);
  const fit = useCallback(
    (most = Infinity) => {
      const { edited, viewTimeline } = store.getState();
      const area = lanes.current;
      if (area === null) return;
      const header = parseFloat(getComputedStyle(area).getPropertyValue('--header-pixels')) || 0;
      viewTimeline({ pixelsPerFrame: Math.min(most, fittingZoom(sequenceFrames(edited.sequence), area.clientWidth - header)) });
      area.scrollTo({ left: 0 });
    },
    [store],
  );
  const fitAll = useCallback(() => fit(), [fit]);
  useTimelineKeys({ commands, fit: fitAll });
  return (
    <section className={styles.panel} aria-label={t('timeline')}>
      <TimelineToolbar commands={commands} fit={fitAll} />
      {form === 'list' ? <ClipTable commands={commands} /> : <Tracks commands={commands} scroller={lanes} fit={fit} />}
      <MarkerDialog commands={commands} />
    </section>
  );
}

/** Pixels a frame at which a short clip is shown at first. */
const MOST_AT_FIRST = 8;

interface TracksProps {
  readonly commands: TimelineCommands;
  readonly scroller: React.RefObject<HTMLDivElement | null>;
  /** @param most pixels a frame */
  fit(most?: number): void;
}

function Tracks({ commands, scroller, fit }: TracksProps) {
  const corner = useRef<HTMLDivElement>(null);
  const header = useWidth(corner, scroller);
  const pixelsPerFrame = useStudio((state) => state.timeline.pixelsPerFrame);
  const sequence = useStudio((state) => state.edited.sequence);
  const [chosen, setChosen] = useState<string>();
  const [menu, setMenu] = useState<{ readonly anchor: Element | { readonly x: number; readonly y: number }; readonly clip: string }>();
  const visible = useVisibleFrames(scroller, pixelsPerFrame, header);
  const pointer = useTimelinePointer({ scroller, commands, onActive: setChosen });
  useZoom(scroller, header);

  // The first clips fill the width, unless they are very short.
  const empty = sequenceFrames(sequence) === 0;
  const wasEmpty = useRef(true);
  useEffect(() => {
    if (wasEmpty.current && !empty) fit(MOST_AT_FIRST);
    wasEmpty.current = empty;
  }, [empty, fit]);

  const active = useMemo(() => {
    const clips = shownTracks(sequence).flatMap((track) => track.clips);
    return clips.some(({ id }) => id === chosen) ? chosen : clips.at(0)?.id;
  }, [sequence, chosen]);

  return (
    <>
      <TimelineLanes
        {...{ scroller, corner, header, commands, pointer, visible, active }}
        onActive={setChosen}
        onMenu={(anchor, clip) => setMenu({ anchor, clip })}
      />
      {pointer.marquee !== undefined && (
        <div
          className={styles.marquee}
          style={{
            ...{ left: pointer.marquee.left, top: pointer.marquee.top },
            ...{ width: pointer.marquee.right - pointer.marquee.left, height: pointer.marquee.bottom - pointer.marquee.top },
          }}
        />
      )}
      <ClipMenu menu={menu} commands={commands} onClose={() => setMenu(undefined)} />
    </>
  );
}

interface ClipMenuProps {
  readonly menu: { readonly anchor: Element | { readonly x: number; readonly y: number }; readonly clip: string } | undefined;
  readonly commands: TimelineCommands;
  onClose(): void;
}

function ClipMenu({ menu, commands, onClose }: ClipMenuProps) {
  const t = useTranslations('timeline');
  const units = useUnits();
  const selection = useStudio((state) => state.selection);
  const copied = useStudio((state) => state.copied);
  const project = useStudio((state) => state.project);
  const edited = useStudio((state) => state.edited);
  const clip = menu === undefined ? undefined : commands.clipOf(menu.clip);
  const entries = clip === undefined ? [] : clipMenu({ clip, commands, t, units, state: { selection, copied, project, edited } });
  return <AnchoredMenu anchor={clip === undefined ? undefined : menu?.anchor} entries={entries} onClose={onClose} />;
}

/** Pixels of the tracks' heads, told to styles too. */
function useWidth(element: React.RefObject<HTMLElement | null>, root: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(148);
  useEffect(() => {
    const measured = element.current;
    if (measured === null) return;
    const observer = new ResizeObserver(() => {
      setWidth(measured.offsetWidth);
      root.current?.style.setProperty('--header-pixels', String(measured.offsetWidth));
    });
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element, root]);
  return width;
}
