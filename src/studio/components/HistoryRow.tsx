import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { SmallPicture } from '../../../workers';
import type { GenerationNode } from '../../project';
import { CompareWithSelected } from '../compare/CompareWithSelected';
import { useChangeWords } from '../projects/use-change-words';
import { PixelCanvas } from '../playback/PixelCanvas';
import { framePixels } from '../state/clip';
import { useStudio } from '../state/context';
import { Icon } from './Icon';
import styles from './History.module.css';

export interface HistoryRowProps {
  readonly node: GenerationNode;
  /** Of a filtered list, where parents may not be shown: no indent. */
  readonly flat: boolean;
  /** Place of the row in pixels. */
  readonly start: number;
  /** Undefined where there is nothing to open. */
  readonly open: boolean | undefined;
  readonly selected: boolean;
  readonly tabStop: boolean;
  onSelect(): void;
  onToggle(): void;
  onFocus(): void;
}

/** One clip of the tree: its picture, its prompt, and what changed from the one that it began from. */
export function HistoryRow({ node, flat, start, open, selected, tabStop, onSelect, onToggle, onFocus }: HistoryRowProps) {
  const t = useTranslations('history');
  const { generation, depth, position, siblings } = node;
  const { id, number, starred, recipe } = generation;
  const changes = useChangeWords(generation);
  const clip = useStudio((state) => state.clips.find((known) => known.id === id));
  const indent = flat ? 0 : Math.min(depth, 6);
  return (
    // Keys are the tree's: a row has the focus, not the handler.
    <div
      role="treeitem"
      data-id={id}
      className={styles.row}
      style={{ '--indent': indent, transform: `translateY(${start}px)` }}
      aria-level={depth + 1}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-expanded={open}
      aria-selected={selected}
      tabIndex={tabStop ? 0 : -1}
      onClick={onSelect}
      onFocus={onFocus}
      onKeyDown={undefined}
    >
      <span
        className={styles.twist}
        data-open={open}
        aria-hidden="true"
        onClick={(event) => {
          if (open === undefined) return;
          event.stopPropagation();
          onToggle();
        }}
      >
        {open !== undefined && <Icon name="chevron" size={16} />}
      </span>
      <Thumbnail id={id} />
      <span className={styles.words}>
        <span className={styles.prompt}>
          <span className={styles.number}>{t('clip', { number })}</span> {recipe.job.prompt}
        </span>
        <span className={styles.changes}>{changes}</span>
      </span>
      <span className={styles.marks}>
        {clip !== undefined && <CompareWithSelected clip={clip} />}
        {starred && (
          <span className={styles.starred} role="img" aria-label={t('starred')}>
            <Icon name="star" size={16} />
          </span>
        )}
      </span>
    </div>
  );
}

/** From the frames in memory, or from the clip's file. */
function Thumbnail({ id }: { readonly id: string }) {
  const content = useStudio((state) => state.clips.find((clip) => clip.id === id)?.content);
  const pictureOf = useStudio((state) => state.pictureOf);
  const [picture, setPicture] = useState<SmallPicture>();
  const inMemory = content !== undefined;
  useEffect(() => {
    if (inMemory) return;
    let ended = false;
    void pictureOf(id).then((found) => {
      if (!ended) setPicture(found);
    });
    return () => {
      ended = true;
    };
  }, [id, inMemory, pictureOf]);
  const shown = content === undefined ? picture : { ...content, pixels: framePixels(content, content.frameCount >> 1) };
  return (
    <span className={styles.picture} aria-hidden="true">
      {shown === undefined ? (
        <Icon name="image" />
      ) : (
        <PixelCanvas width={shown.width} height={shown.height} pixels={shown.pixels} label="" />
      )}
    </span>
  );
}
