import { useLocale, useTranslations } from 'use-intl';
import { clipSchema, endOf, insert } from '../../../project';
import { useStudio, useStudioStore } from '../../state/context';

/** Seconds that a new title is seen. */
const seconds = 3;

/** Width of a new title's lines, a share of the frame's: the safe area of titles (SMPTE ST 2046-1). */
export const usualWrap = 0.9;

/** Puts a title over everything at the playhead, on the topmost track where there is room for it, and selects it. */
export function useAddTitle(): () => void {
  const t = useTranslations('inspector');
  const edits = useTranslations('edits');
  const store = useStudioStore();
  const locale = useLocale();
  const playhead = useStudio((state) => state.playhead);
  return () => {
    const { edited, perform, selectClips, announce } = store.getState();
    const { tracks, rate } = edited.sequence;
    const duration = Math.max(1, Math.round((seconds * rate.numerator) / rate.denominator));
    const isFree = (clips: readonly { readonly start: number; readonly duration: number }[]): boolean =>
      clips.every((clip) => endOf(clip) <= playhead || clip.start >= playhead + duration);
    const videos = tracks.filter(({ kind }) => kind === 'video');
    // Above every track that shows something there: nothing is met, and nothing else moves.
    const track = videos.findLastIndex(({ clips, locked }) => locked || !isFree(clips)) + 1;
    // Whoever reads Japanese or Chinese writes it: a name in Chinese characters alone does not say which.
    const han = locale.startsWith('ja') ? 'ja' : locale.startsWith('zh') ? 'zh' : undefined;
    const title = { text: t('newTitle'), wrap: usualWrap, han };
    const clip = clipSchema.parse({ kind: 'title', id: crypto.randomUUID(), start: 0, duration, title });
    const refused = perform(
      { key: 'insert', values: { name: t('newTitle') } },
      insert({ clips: [{ track, clip }], at: playhead, onMeeting: 'overwrite', newId: () => crypto.randomUUID() }),
    );
    if (refused === undefined) selectClips([clip.id]);
    else announce(refused === 'nothing' ? edits('nothing') : edits('notDone', { reason: edits(`refused.${refused}`) }));
  };
}
