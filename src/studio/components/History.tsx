import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslations } from 'use-intl';
import { filterGenerations, generationTree, type GenerationNode } from '../../project';
import { useStudio } from '../state/context';
import { Button, IconButton } from './Button';
import { SureDialog } from './SureDialog';
import { HistoryRow } from './HistoryRow';
import { RunTile } from './RunTile';
import { useRowsInSight } from './use-rows-in-sight';
import { useTextScale } from './use-text-scale';
import field from './Field.module.css';
import styles from './History.module.css';

/** Height of a row where the page's text has its usual size, in pixels: in step with its style. */
const usualRowHeight = 56;

/** The clips of the project as a tree: each below the one whose settings it began from, with what changed. */
export function History() {
  const t = useTranslations('history');
  const generations = useStudio((state) => state.project.generations);
  const unkept = useStudio((state) => state.unkept);
  const [words, setWords] = useState('');
  const [starredOnly, setStarredOnly] = useState(false);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const filtered = words.trim() !== '' || starredOnly;
  const nodes = useMemo(
    () => generationTree(filterGenerations(generations, words, starredOnly), (id) => !closed.has(id)),
    [generations, words, starredOnly, closed],
  );
  if (generations.length === 0) return null;
  const toggle = (id: string): void => {
    const next = new Set(closed);
    if (!next.delete(id)) next.add(id);
    setClosed(next);
  };
  return (
    <section className={styles.history} aria-label={t('region')}>
      <div className={styles.head}>
        <h2 className={styles.title}>{t('title')}</h2>
        <span className={styles.count}>{t('count', { count: generations.length })}</span>
        <input
          type="search"
          className={`${field.text} ${styles.search}`}
          aria-label={t('search')}
          placeholder={t('search')}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <IconButton icon="star" label={t('starredOnly')} aria-pressed={starredOnly} onClick={() => setStarredOnly(!starredOnly)} />
        <SelectedActions />
      </div>
      {unkept !== undefined && (
        <p className={styles.unkept} role="alert">
          {t('unkept')}
        </p>
      )}
      <RunTile />
      {nodes.length === 0 ? (
        <p className={styles.none}>{t('none')}</p>
      ) : (
        <Tree nodes={nodes} flat={filtered} isOpen={(id) => !closed.has(id)} onToggle={toggle} />
      )}
    </section>
  );
}

/** What can be done with the clip on the stage. */
function SelectedActions() {
  const t = useTranslations('history');
  const dialog = useRef<HTMLDialogElement>(null);
  const selected = useStudio((state) => state.project.generations.find(({ id }) => id === state.selectedClip));
  const starGeneration = useStudio((state) => state.starGeneration);
  const deleteGeneration = useStudio((state) => state.deleteGeneration);
  if (selected === undefined) return null;
  const { id, number, starred } = selected;
  return (
    <>
      <Button size="small" icon="star" aria-pressed={starred} onClick={() => starGeneration(id, !starred)}>
        {t(starred ? 'unstar' : 'star')}
      </Button>
      <IconButton icon="trash" label={t('remove')} onClick={() => dialog.current?.showModal()} />
      <SureDialog
        dialog={dialog}
        question={t('removeSure', { number })}
        no={t('cancel')}
        yes={t('removeYes')}
        onYes={() => void deleteGeneration(id)}
      >
        <p>{t('removeWords')}</p>
      </SureDialog>
    </>
  );
}

interface TreeProps {
  readonly nodes: readonly GenerationNode[];
  readonly flat: boolean;
  isOpen(id: string): boolean;
  onToggle(id: string): void;
}

/** A tree by the keyboard as the ARIA practices have it: one stop of Tab, arrows within. Only rows in sight are drawn. */
function Tree({ nodes, flat, isOpen, onToggle }: TreeProps) {
  const t = useTranslations('history');
  const scroll = useRef<HTMLDivElement>(null);
  const selected = useStudio((state) => state.selectedClip);
  const select = useStudio((state) => state.select);
  const [focused, setFocused] = useState<string>();
  const known = (id: string | undefined): boolean => nodes.some(({ generation }) => generation.id === id);
  const stop = known(focused) ? focused : known(selected) ? selected : nodes[0].generation.id;
  const rowHeight = usualRowHeight * useTextScale();
  const { first, last, onScroll } = useRowsInSight(nodes.length, rowHeight);
  const focusRow = (at: number): void => {
    const node = nodes[Math.min(nodes.length - 1, Math.max(0, at))];
    setFocused(node.generation.id);
    const top = nodes.indexOf(node) * rowHeight;
    const view = scroll.current;
    if (view !== null) view.scrollTop = Math.min(top, Math.max(view.scrollTop, top + rowHeight - view.clientHeight));
    // The row may not be drawn yet.
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(node.generation.id)}"]`)?.focus());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Buttons within a row have keys of their own.
    const row = event.target instanceof HTMLElement ? event.target.dataset.id : undefined;
    const at = nodes.findIndex(({ generation }) => generation.id === row);
    if (at === -1) return;
    const { generation, children, depth } = nodes[at];
    const open = children > 0 && isOpen(generation.id);
    const parentOf = (): number => nodes.findLastIndex((node, index) => index < at && node.depth < depth);
    const actions: Record<string, () => void> = {
      ArrowDown: () => focusRow(at + 1),
      ArrowUp: () => focusRow(at - 1),
      Home: () => focusRow(0),
      End: () => focusRow(nodes.length - 1),
      ArrowRight: () => (children === 0 ? undefined : open ? focusRow(at + 1) : onToggle(generation.id)),
      ArrowLeft: () => (open ? onToggle(generation.id) : depth > 0 ? focusRow(parentOf()) : undefined),
      Enter: () => select(generation.id),
      ' ': () => select(generation.id),
    };
    if (!Object.hasOwn(actions, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  };
  return (
    <div ref={scroll} className={styles.scroll} onScroll={onScroll}>
      <div
        role="tree"
        aria-label={t('region')}
        className={styles.tree}
        tabIndex={-1}
        style={{ blockSize: nodes.length * rowHeight }}
        onKeyDown={onKeyDown}
      >
        {nodes.slice(first, last).map((node, index) => {
          const { id } = node.generation;
          return (
            <HistoryRow
              key={id}
              {...{ node, flat }}
              start={(first + index) * rowHeight}
              open={node.children > 0 ? isOpen(id) : undefined}
              selected={id === selected}
              tabStop={id === stop}
              onSelect={() => {
                setFocused(id);
                select(id);
              }}
              onToggle={() => onToggle(id)}
              onFocus={() => setFocused(id)}
            />
          );
        })}
      </div>
    </div>
  );
}
