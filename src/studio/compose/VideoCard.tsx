import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { framesPerSecond, type ModelTraits } from '../../pipelines';
import { IconButton } from '../components/Button';
import field from '../components/Field.module.css';
import { Facts } from '../components/ModelSection';
import { useUnits } from '../i18n/use-units';
import { PixelCanvas } from '../playback/PixelCanvas';
import { useStudio } from '../state/context';
import { latentPlace, videoUses, type VideoInput } from './inputs';
import { ShareField } from './ShareField';
import { WholeField } from './WholeField';
import segments from '../components/Segments.module.css';
import styles from './Inputs.module.css';

/** A video that is worked on: made again, made longer, made anew in a part, or followed as a control signal. */
export function VideoCard({ video, traits }: { readonly video: VideoInput; readonly traits: ModelTraits }) {
  const t = useTranslations('compose.video');
  const { decimal, percent } = useUnits();
  const change = useStudio((state) => state.changeVideo);
  const remove = useStudio((state) => state.removeVideo);
  const { picture, use, strength } = video;
  const { width, height, frames, frameRate } = picture.facts;
  return (
    <div className={styles.card}>
      <div className={styles.file}>
        <span className={styles.picture}>
          <PixelCanvas {...picture.thumbnail} label={t('thumbnail', { name: picture.file })} />
        </span>
        <div className={styles.about}>
          <span className={styles.name}>{picture.file}</span>
          <Facts>
            {[
              `${width} × ${height}`,
              t('frames', { frames }),
              ...(frameRate === null ? [] : [t('rate', { rate: decimal(framesPerSecond(frameRate), 2) })]),
            ]}
          </Facts>
        </div>
        <IconButton icon="close" label={t('remove', { name: picture.file })} onClick={remove} />
      </div>
      <div className={segments.segments} role="group" aria-label={t('uses')}>
        {videoUses.map((own) => (
          <button key={own} type="button" className={segments.segment} aria-pressed={use === own} onClick={() => change({ use: own })}>
            {t(`use.${own}`)}
          </button>
        ))}
      </div>
      <p className={field.help}>{t(`help.${use}`)}</p>
      {(use === 'remake' || use === 'reference') && (
        <ShareField
          label={t(use === 'remake' ? 'strength' : 'following')}
          meaning={percent(strength)}
          value={strength}
          onChange={(value) => change({ strength: value })}
        />
      )}
      {use === 'extend' && <Extend video={video} traits={traits} />}
      {use === 'retake' && <Region video={video} traits={traits} />}
    </div>
  );
}

function Extend({ video: { extend }, traits }: { readonly video: VideoInput; readonly traits: ModelTraits }) {
  const t = useTranslations('compose.video');
  const change = useStudio((state) => state.changeVideo);
  const step = traits.frameMultiple;
  return (
    <>
      <div className={segments.segments} role="group" aria-label={t('direction')}>
        {(['forward', 'backward'] as const).map((direction) => (
          <button
            key={direction}
            type="button"
            className={segments.segment}
            aria-pressed={extend.direction === direction}
            onClick={() => change({ extend: { ...extend, direction } })}
          >
            {t(direction)}
          </button>
        ))}
      </div>
      <WholeField
        label={t('added')}
        help={t('addedHelp', { step })}
        value={extend.frames}
        min={step}
        max={4096}
        step={step}
        onChange={(frames) => change({ extend: { ...extend, frames } })}
      />
    </>
  );
}

function Region({ video: { region, picture }, traits }: { readonly video: VideoInput; readonly traits: ModelTraits }) {
  const t = useTranslations('compose.video');
  const whatId = useId();
  const change = useStudio((state) => state.changeVideo);
  const { frames } = picture.facts;
  const { first } = latentPlace(region.start, traits.frameMultiple);
  const { last } = latentPlace(region.end - 1, traits.frameMultiple);
  return (
    <>
      <div className={styles.pair}>
        <WholeField
          label={t('from')}
          value={region.start}
          min={0}
          max={Math.max(0, region.end - 1)}
          step={1}
          onChange={(start) => change({ region: { ...region, start } })}
        />
        <WholeField
          label={t('to')}
          value={region.end - 1}
          min={region.start}
          max={frames - 1}
          step={1}
          onChange={(end) => change({ region: { ...region, end: end + 1 } })}
        />
      </div>
      <p className={field.help}>{t('regionHelp', { first, last: Math.min(last, frames - 1) })}</p>
      {traits.sound === true && (
        <div className={field.field}>
          <label htmlFor={whatId} className={field.label}>
            {t('what')}
          </label>
          <select
            id={whatId}
            className={styles.select}
            value={region.what}
            onChange={(event) => {
              const what = (['both', 'video', 'audio'] as const).find((own) => own === event.target.value);
              if (what !== undefined) change({ region: { ...region, what } });
            }}
          >
            {(['both', 'video', 'audio'] as const).map((what) => (
              <option key={what} value={what}>
                {t(`whats.${what}`)}
              </option>
            ))}
          </select>
        </div>
      )}
    </>
  );
}
