import { useState } from 'react';
import { useTranslations } from 'use-intl';
import {
  bezierOf,
  easedKeyframe,
  keyframeAt,
  keyframesOf,
  neighboursAt,
  valueAt,
  withEasing,
  withKeyframe,
  withoutKeyframe,
  withValue,
  type Animated,
  type Easing,
} from '../../../project';
import { useStudio } from '../../state/context';
import { EasingEditor } from './EasingEditor';
import { useClipTime } from './clip-time';
import { ValueControls } from './ValueControls';
import type { FieldRange } from './units';
import styles from './Inspector.module.css';

export interface AnimatedFieldProps {
  readonly label: string;
  readonly value: Animated;
  readonly range: FieldRange;
  /** @param what was changed: the value, its keyframes or an easing */
  readonly onChange: (value: Animated, what: 'value' | 'keyframe' | 'easing') => void;
}

/** A number that may change over the clip: its value at the playhead, its keyframes, and how it goes from one to the next. */
export function AnimatedField({ label, value, range, onChange }: AnimatedFieldProps) {
  const t = useTranslations('inspector');
  const { frame } = useClipTime();
  const set = keyframeAt(value, frame) !== undefined;
  const all = keyframesOf(value);
  return (
    <div className={styles.field} role="group" aria-label={label}>
      <span className={styles.label} aria-hidden="true">
        {label}
      </span>
      <ValueControls
        {...{ label, range }}
        value={valueAt(value, frame)}
        onChange={(next) => onChange(withValue(value, frame, next), 'value')}
      />
      <button
        type="button"
        className={styles.diamond}
        data-animated={all.length > 0}
        aria-pressed={set}
        aria-label={t('keyframe', { label })}
        title={set ? t('removeKeyframe') : t('setKeyframe')}
        onClick={() => onChange(set ? withoutKeyframe(value, frame) : withKeyframe(value, frame), 'keyframe')}
      >
        <svg width="0.75rem" height="0.75rem" viewBox="0 0 12 12" aria-hidden="true" focusable="false">
          <path d="M6 1 11 6 6 11 1 6Z" />
        </svg>
      </button>
      {all.length > 0 && <KeyframeRow {...{ label, value, onChange }} />}
    </div>
  );
}

const namedEasings = ['linear', 'ease-in', 'ease-out', 'ease-in-out', 'hold'] as const;
const firstCustom: Easing = [0.42, 0, 0.58, 1];

function KeyframeRow({ label, value, onChange }: Pick<AnimatedFieldProps, 'label' | 'value' | 'onChange'>) {
  const t = useTranslations('inspector');
  const { frame, start } = useClipTime();
  const movePlayhead = useStudio((state) => state.movePlayhead);
  const [open, setOpen] = useState(false);
  const { before, after } = neighboursAt(value, frame);
  const eased = easedKeyframe(value, frame);
  const go = (to: { readonly frame: number } | undefined) => () => {
    if (to !== undefined) movePlayhead(start + to.frame);
  };
  const easing = eased?.easing;
  const curve = easing === undefined ? null : bezierOf(easing);
  const choose = (next: Easing): void => {
    if (eased !== undefined) onChange(withEasing(value, eased.frame, next), 'easing');
  };
  return (
    <div className={styles.keyframes}>
      <button
        type="button"
        className={styles.step}
        aria-disabled={before === undefined}
        aria-label={t('previousKeyframe', { label })}
        onClick={go(before)}
      >
        <span aria-hidden="true">‹</span>
      </button>
      <button
        type="button"
        className={styles.step}
        aria-disabled={after === undefined}
        aria-label={t('nextKeyframe', { label })}
        onClick={go(after)}
      >
        <span aria-hidden="true">›</span>
      </button>
      <span className={styles.count}>{t('keyframes', { count: keyframesOf(value).length })}</span>
      {easing !== undefined && (
        <>
          <select
            className={styles.select}
            aria-label={t('easing', { label })}
            value={typeof easing === 'string' ? easing : 'custom'}
            onChange={(event) => {
              const named = namedEasings.find((name) => name === event.target.value);
              choose(named ?? (curve === null || easing === 'linear' ? firstCustom : [...curve]));
              setOpen(named === undefined);
            }}
          >
            {namedEasings.map((name) => (
              <option key={name} value={name}>
                {t(`easings.${name}`)}
              </option>
            ))}
            <option value="custom">{t('easings.custom')}</option>
          </select>
          {curve !== null && (
            <button
              type="button"
              className={styles.step}
              aria-expanded={open}
              aria-label={t('easingCurve', { label })}
              onClick={() => setOpen(!open)}
            >
              <svg
                width="1rem"
                height="1rem"
                viewBox="0 0 16 16"
                fill="none"
                stroke="currentColor"
                strokeWidth="1.6"
                aria-hidden="true"
                focusable="false"
              >
                <path d="M2 13.500C9 13.500 7 2.500 14 2.500" />
              </svg>
            </button>
          )}
        </>
      )}
      {open && curve !== null && (
        <div className={styles.curve}>
          <EasingEditor label={label} curve={curve} onChange={(next) => choose([...next])} />
        </div>
      )}
    </div>
  );
}
