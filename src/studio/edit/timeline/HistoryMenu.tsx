import { useTranslations } from 'use-intl';
import { ActionMenu, type MenuEntry } from '../../components/ActionMenu';
import { IconButton } from '../../components/Button';
import { useEditWords } from '../../i18n/use-edit-words';
import { useStudio, useStudioStore } from '../../state/context';
import type { TimelineCommands } from './commands';
import styles from './TimelineToolbar.module.css';

/** Most steps that are listed on either side of where one is: older ones are reached from the oldest of these on. */
const LISTED = 60;

/** Undo and redo, and a list of all steps to go to. */
export function HistoryMenu({ commands }: { readonly commands: TimelineCommands }) {
  const t = useTranslations('edits');
  const words = useEditWords();
  const store = useStudioStore();
  const { done, undone } = useStudio((state) => state.edited);
  const [last, next] = [done.at(-1), undone.at(-1)];
  const step = (label: string, at: number): MenuEntry => ({ label, checked: at === done.length, run: () => store.getState().jumpTo(at) });
  const earlier = done.slice(-LISTED).map(({ label }, at) => step(words.label(label), Math.max(0, done.length - LISTED) + at + 1));
  const later = undone
    .slice(-LISTED)
    .reverse()
    .map(({ label }, at) => step(words.label(label), done.length + at + 1));
  return (
    <div className={styles.group}>
      <IconButton
        icon="undo"
        label={last === undefined ? t('undo') : t('undoNamed', { edit: words.label(last.label) })}
        aria-disabled={last === undefined}
        onClick={commands.undo}
      />
      <IconButton
        icon="redo"
        label={next === undefined ? t('redo') : t('redoNamed', { edit: words.label(next.label) })}
        aria-disabled={next === undefined}
        onClick={commands.redo}
      />
      <ActionMenu
        trigger={<IconButton icon="chevron" label={t('history')} data-narrow="true" />}
        entries={[step(t('historyStart'), 0), ...earlier, ...later]}
      />
    </div>
  );
}
