import { useId } from 'react';
import { useTranslations } from 'use-intl';
import type { ModelTraits } from '../../pipelines';
import { IconButton } from '../components/Button';
import field from '../components/Field.module.css';
import { useUnits } from '../i18n/use-units';
import { PixelCanvas } from '../playback/PixelCanvas';
import { useStudio } from '../state/context';
import { latentPlace, namedFrame, snapFrame, type KeyframeInput } from './inputs';
import { ShareField } from './ShareField';
import segments from '../components/Segments.module.css';
import inputs from './Inputs.module.css';
import styles from './KeyframeTrack.module.css';

export interface KeyframeRowProps {
  readonly image: KeyframeInput;
  /** Of the clip. */
  readonly frames: number;
  readonly traits: ModelTraits;
}

/** An image in words and numbers: its frame, the latent frame that it fills, and how strictly it is kept. */
export function KeyframeRow({ image, frames, traits }: KeyframeRowProps) {
  const t = useTranslations('compose.keyframes');
  const frameId = useId();
  const { percent } = useUnits();
  const change = useStudio((state) => state.changeImage);
  const remove = useStudio((state) => state.removeImage);
  const { id, picture, frame, strength } = image;
  const { frameMultiple: multiple } = traits;
  const { latentFrame, first, last } = latentPlace(frame, multiple);
  const outside = frame >= frames;
  const snapped = snapFrame(frame, frames, multiple);
  return (
    <li className={inputs.card}>
      <div className={inputs.file}>
        <span className={inputs.picture}>
          <PixelCanvas {...picture.thumbnail} label={t('thumbnail', { name: picture.file })} />
        </span>
        <div className={inputs.about}>
          <span className={inputs.name}>{picture.file}</span>
          <span className={styles.lands} data-outside={outside}>
            {outside ? t('outside', { frames }) : t('lands', { latent: latentFrame, first, last, count: last - first + 1 })}
          </span>
        </div>
        <IconButton icon="close" label={t('remove', { name: picture.file })} onClick={() => remove(id)} />
      </div>
      <div className={styles.placing}>
        <div className={segments.segments} role="group" aria-label={t('places')}>
          {(['first', 'middle', 'last'] as const).map((place) => {
            const at = namedFrame(place, frames, multiple);
            return (
              <button
                key={place}
                type="button"
                className={segments.segment}
                aria-pressed={frame === at}
                onClick={() => change(id, { frame: at })}
              >
                {t(place)}
              </button>
            );
          })}
        </div>
        <label htmlFor={frameId} className={styles.frameLabel}>
          {t('frame')}
        </label>
        <span className={`${field.number} ${styles.frame}`}>
          <input
            id={frameId}
            type="number"
            inputMode="numeric"
            min={0}
            max={frames - 1}
            value={frame}
            aria-invalid={outside}
            onChange={(event) => change(id, { frame: Math.max(0, Math.floor(Number(event.target.value)) || 0) })}
            onBlur={() => {
              if (frame !== snapped) change(id, { frame: snapped });
            }}
          />
        </span>
      </div>
      {traits.wholeImages !== true && (
        <ShareField
          label={t('strength')}
          meaning={strength === 1 ? t('kept') : percent(strength)}
          value={strength}
          onChange={(value) => change(id, { strength: value })}
        />
      )}
    </li>
  );
}
