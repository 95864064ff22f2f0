import { useEffect, useId, useRef, useState, type KeyboardEvent, type RefObject } from 'react';
import { useTranslations } from 'use-intl';
import { Icon } from '../components/Icon';
import { CommandKeys } from './CommandKeys';
import { useAvailableCommands, useCommandRegistry } from './context';
import { declarationOf, type CommandId } from './declarations';
import { matchTitle } from './match';
import styles from './CommandPalette.module.css';

/** Every command that can be run now, found by typing. @param openings how often it was opened: a new one begins with an empty search */
export function CommandPalette({ openings }: { readonly openings: number }) {
  const t = useTranslations('commands');
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (openings > 0) dialog.current?.showModal();
  }, [openings]);
  return (
    <dialog ref={dialog} className={styles.dialog} aria-label={t('palette.title')}>
      {openings > 0 && <Search key={openings} dialog={dialog} />}
    </dialog>
  );
}

function Search({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  const t = useTranslations('commands');
  const id = useId();
  const registry = useCommandRegistry();
  const found = useFoundCommands();
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const commands = found(typed);

  const run = (command: CommandId | undefined): void => {
    if (command === undefined) return;
    // First closed, so that a command can put the focus where it wants.
    dialog.current?.close();
    registry.run(command);
  };
  const move = (to: number): void => {
    const next = (to + commands.length) % Math.max(1, commands.length);
    setActive(next);
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, () => void> = {
      ArrowDown: () => move(active + 1),
      ArrowUp: () => move(active - 1),
      Enter: () => run(commands[active]),
    };
    if (event.nativeEvent.isComposing || !Object.hasOwn(moves, event.key)) return;
    event.preventDefault();
    moves[event.key]();
  };
  return (
    <>
      <div className={styles.search}>
        <Icon name="search" size={18} />
        <input
          type="text"
          role="combobox"
          autoComplete="off"
          spellCheck={false}
          aria-label={t('palette.search')}
          placeholder={t('palette.search')}
          aria-expanded
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={commands.length > 0 ? `${id}-${active}` : undefined}
          value={typed}
          onChange={({ target: { value } }) => {
            setTyped(value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <ul ref={list} id={`${id}-list`} className={styles.list} role="listbox" aria-label={t('palette.results')}>
        {commands.map((command, at) => (
          <Option
            key={command}
            id={`${id}-${at}`}
            command={command}
            active={at === active}
            onPoint={() => setActive(at)}
            onRun={() => run(command)}
          />
        ))}
      </ul>
      {commands.length === 0 && (
        <p className={styles.none} role="status">
          {t('palette.none')}
        </p>
      )}
    </>
  );
}

interface OptionProps {
  readonly id: string;
  readonly command: CommandId;
  readonly active: boolean;
  readonly onPoint: () => void;
  readonly onRun: () => void;
}

/** The field keeps the focus, and reads the keys: an option is only pointed at. */
function Option({ id, command, active, onPoint, onRun }: OptionProps) {
  const t = useTranslations('commands');
  return (
    <li id={id} role="option" tabIndex={-1} className={styles.option} aria-selected={active} onPointerMove={onPoint} onPointerUp={onRun}>
      <span className={styles.title}>{t(`titles.${command}`)}</span>
      <span className={styles.group}>{t(`groups.${declarationOf(command).group}`)}</span>
      <CommandKeys command={command} />
    </li>
  );
}

/** The commands whose title answers what is typed, best first; without anything typed all, as declared. */
function useFoundCommands(): (typed: string) => readonly CommandId[] {
  const t = useTranslations('commands.titles');
  const available = useAvailableCommands();
  return (typed) =>
    available
      .filter((command) => command !== 'studio.palette')
      .map((command) => ({ command, score: matchTitle(typed, t(command)) }))
      .filter(({ score }) => score !== undefined)
      .sort((a, b) => (b.score ?? 0) - (a.score ?? 0))
      .map(({ command }) => command);
}
