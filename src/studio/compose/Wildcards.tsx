import { useId, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { expandPrompt, hasWildcards, type WildcardLists } from '../../prompts/web';
import { Button, IconButton } from '../components/Button';
import field from '../components/Field.module.css';
import { Dialog } from '../components/Dialog';
import { useStudio } from '../state/context';
import { wildcardName } from './wildcard-lists';
import styles from './Wildcards.module.css';

/** What the seed draws from a prompt with choices in it; nothing where there are none. */
export function DrawnPrompt() {
  const t = useTranslations('compose.wildcards');
  const drawn = useStudio(({ draft, wildcardLists }) => drawnWords(draft.prompt, Number(draft.seed), wildcardLists));
  const locked = useStudio((state) => state.draft.seedLocked);
  return drawn === undefined ? null : <p className={styles.drawn}>{t(locked ? 'draws' : 'drawsLike', { words: drawn })}</p>;
}

function drawnWords(prompt: string, seed: number, lists: WildcardLists): string | undefined {
  if (!hasWildcards(prompt) || !Number.isSafeInteger(seed)) return undefined;
  try {
    return expandPrompt(prompt, seed, lists);
  } catch {
    // What is wrong is said where the button says why it waits.
    return undefined;
  }
}

/** The button beside the prompt, and the lists behind it. */
export function WildcardsButton() {
  const t = useTranslations('compose.wildcards');
  const headingId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const lists = useStudio((state) => state.wildcardLists);
  const editLists = useStudio((state) => state.editWildcardLists);
  const prompt = useStudio((state) => state.draft.prompt);
  const edit = useStudio((state) => state.edit);
  const [added, setAdded] = useState('');
  const usable = wildcardName.test(added) && !Object.hasOwn(lists, added);
  const add = (): void => {
    if (!usable) return;
    editLists({ ...lists, [added]: [] });
    setAdded('');
  };
  const insert = (name: string): void => {
    edit({ prompt: `${prompt}${prompt === '' || prompt.endsWith(' ') ? '' : ' '}__${name}__` });
    dialog.current?.close();
  };
  return (
    <>
      <Button kind="quiet" size="small" icon="list" aria-haspopup="dialog" onClick={() => dialog.current?.showModal()}>
        {t('open')}
      </Button>
      <Dialog dialog={dialog} title={t('title')} closeLabel={t('close')}>
        <p className={styles.help}>
          {t.rich('help', { code: (words) => <code className={styles.code}>{words}</code>, choice: '{red|blue}', list: '__color__' })}
        </p>
        <ul className={styles.lists}>
          {Object.entries(lists).map(([name, lines]) => (
            <li key={name} className={styles.list}>
              <div className={styles.listHead}>
                <label htmlFor={`${headingId}-${name}`} className={styles.code}>
                  __{name}__
                </label>
                <span className={styles.count}>{t('lines', { count: lines.length })}</span>
                <Button size="small" onClick={() => insert(name)}>
                  {t('insert')}
                </Button>
                <IconButton
                  icon="trash"
                  label={t('remove', { name })}
                  onClick={() => editLists(Object.fromEntries(Object.entries(lists).filter(([own]) => own !== name)))}
                />
              </div>
              <textarea
                id={`${headingId}-${name}`}
                className={field.text}
                rows={3}
                defaultValue={lines.join('\n')}
                onBlur={(event) => editLists({ ...lists, [name]: linesOf(event.target.value) })}
              />
            </li>
          ))}
        </ul>
        {/* No form of its own: the dialog lies within that of the composer. */}
        <div className={styles.add}>
          <div className={field.number}>
            <input
              type="text"
              autoComplete="off"
              aria-label={t('newName')}
              placeholder={t('newName')}
              value={added}
              onChange={(event) => setAdded(event.target.value.trim())}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return;
                event.preventDefault();
                add();
              }}
            />
          </div>
          <Button aria-disabled={!usable} onClick={add}>
            {t('add')}
          </Button>
        </div>
      </Dialog>
    </>
  );
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
