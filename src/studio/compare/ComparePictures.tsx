import { useCallback, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { Problem } from '../state/problem';
import { drawPair, type CompareMode } from './draw-pair';
import type { ComparedVideo } from './frame-lock';
import { useFramePair } from './use-frame-pair';
import { WipeDivider } from './WipeDivider';
import styles from './ComparePictures.module.css';

export interface ComparePicturesProps {
  readonly left: ComparedVideo;
  readonly right: ComparedVideo;
  /** Of the left video. */
  readonly frame: number;
  readonly mode: CompareMode;
  /** Of the right one in `onion`, 0 to 1. */
  readonly opacity: number;
  /** By which differences are multiplied: a power of 2. */
  readonly factor: number;
  readonly onProblem: (problem: Problem) => void;
}

/** The same moment of two videos, both decoded before either is drawn. */
export function ComparePictures({ left, right, frame, mode, opacity, factor, onProblem }: ComparePicturesProps) {
  const t = useTranslations('compare');
  const first = useRef<HTMLCanvasElement>(null);
  const second = useRef<HTMLCanvasElement>(null);
  const [divider, setDivider] = useState(0.5);
  const onPair = useCallback(
    (a: VideoFrame, b: VideoFrame) => {
      if (first.current !== null && second.current !== null) {
        drawPair({ first: first.current, second: second.current }, a, b, mode, factor);
      }
    },
    [mode, factor],
  );
  useFramePair({ left, right, frame, onPair, onProblem });
  const aspect = (left.width ?? 1) / (left.height ?? 1);
  const rightWords = mode === 'difference' ? 'differenceOf' : 'pictureOf';
  return (
    <div className={styles.place}>
      <div className={styles.pictures} data-mode={mode} style={{ '--aspect': aspect, '--share': divider, '--opacity': opacity }}>
        <canvas ref={first} className={styles.first} role="img" aria-label={t('pictureOf', { name: left.name, frame: frame + 1 })} />
        <canvas
          ref={second}
          className={styles.second}
          role="img"
          aria-label={t(rightWords, { name: right.name, frame: frame + 1, factor })}
        />
        {mode === 'wipe' && <WipeDivider share={divider} onShare={setDivider} />}
      </div>
    </div>
  );
}
