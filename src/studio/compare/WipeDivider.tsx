import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { useTranslations } from 'use-intl';
import styles from './ComparePictures.module.css';

export interface WipeDividerProps {
  /** Of the width that shows the left picture, 0 to 1. */
  readonly share: number;
  readonly onShare: (share: number) => void;
}

/** The line between two pictures: drag it, or move it by keys. */
export function WipeDivider({ share, onShare }: WipeDividerProps) {
  const t = useTranslations('compare');
  const dragging = useRef(false);
  const cut = (value: number): void => onShare(Math.min(1, Math.max(0, value)));
  const follow = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    if (dragging.current && box !== undefined) cut((event.clientX - box.left) / box.width);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.shiftKey ? 0.1 : 0.01;
    const targets: Record<string, number> = { ArrowLeft: share - step, ArrowRight: share + step, Home: 0, End: 1 };
    if (!Object.hasOwn(targets, event.key)) return;
    event.preventDefault();
    cut(targets[event.key]);
  };
  const percent = Math.round(share * 100);
  return (
    <div
      className={styles.divider}
      role="slider"
      tabIndex={0}
      aria-label={t('divider')}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={t('dividerAt', { percent })}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        dragging.current = true;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={follow}
      onPointerUp={() => (dragging.current = false)}
      onPointerCancel={() => (dragging.current = false)}
    />
  );
}
