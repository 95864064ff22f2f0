import { useId } from 'react';
import { useTranslations } from 'use-intl';
import type { GeneratorDescription } from '../../pipelines';
import { AdvancedSettings } from '../compose/AdvancedSettings';
import { PresetField } from '../compose/PresetField';
import { useUnits } from '../i18n/use-units';
import { fieldRanges } from '../state/settings';
import { useStudio } from '../state/context';
import { Button } from './Button';
import { LoudnessField } from './LoudnessField';
import { MemoryLimitField } from './MemoryLimitField';
import { NumberField } from './NumberField';
import { SeedField } from './SeedField';
import field from './Field.module.css';
import styles from './Settings.module.css';

/** Every setting of a clip, with the model's defaults and plain words. */
export function Settings({ description }: { readonly description: GeneratorDescription }) {
  const t = useTranslations('compose.settings');
  const units = useUnits();
  const negativeId = useId();
  const headingId = useId();
  const { traits } = description;
  const { defaults, sizeMultiple, frameMultiple } = traits;
  const ranges = fieldRanges(traits);
  const negativePrompt = useStudio((state) => state.draft.negativePrompt);
  const frames = useStudio((state) => Number(state.draft.frames));
  const frameRate = useStudio((state) => Number(state.draft.frameRate));
  const steps = useStudio((state) => Math.floor(Number(state.draft.steps)) || defaults.steps);
  const stopAt = useStudio((state) => state.draft.stopAt);
  const edit = useStudio((state) => state.edit);
  const resetSettings = useStudio((state) => state.resetSettings);
  const seconds = frames / frameRate;
  const longest = 1 + frameMultiple * Math.ceil((defaults.frames * 3 - 1) / frameMultiple);
  return (
    <section className={styles.settings} aria-labelledby={headingId}>
      <div className={styles.heading}>
        <h2 id={headingId} className={styles.title}>
          {t('title')}
        </h2>
        <Button kind="quiet" size="small" icon="reset" onClick={resetSettings}>
          {t('defaults')}
        </Button>
      </div>
      <PresetField />
      <div className={styles.pair}>
        <NumberField
          field="width"
          label={t('width')}
          range={ranges.width}
          help={t('sizeHelp', { step: sizeMultiple, usual: defaults.width })}
        />
        <NumberField
          field="height"
          label={t('height')}
          range={ranges.height}
          help={t('sizeHelp', { step: sizeMultiple, usual: defaults.height })}
        />
      </div>
      <NumberField
        field="frames"
        label={t('frames')}
        range={ranges.frames}
        slider={{ min: 1, max: longest }}
        meaning={Number.isFinite(seconds) && seconds > 0 ? t('secondsOfVideo', { seconds: units.seconds(seconds, 1) }) : undefined}
        help={t('framesHelp', { step: frameMultiple })}
      />
      <NumberField
        field="frameRate"
        label={t('frameRate')}
        range={ranges.frameRate}
        slider={{ min: 1, max: 30 }}
        meaning={t('framesASecond')}
        help={t('frameRateHelp')}
      />
      <NumberField
        field="steps"
        label={t('steps')}
        range={ranges.steps}
        slider={{ min: 1, max: Math.max(50, defaults.steps * 2) }}
        help={t('stepsHelp')}
      />
      <NumberField
        field="guidanceScale"
        label={t('guidance')}
        range={ranges.guidanceScale}
        slider={{ min: 1, max: 10 }}
        help={t('guidanceHelp')}
      />
      {description.model.makesSound && <LoudnessField />}
      <SeedField range={ranges.seed} />
      <div className={styles.pair}>
        <NumberField field="count" label={t('count')} range={ranges.count} help={t('countHelp')} />
        <NumberField
          field="stopAt"
          label={t('stopAt')}
          range={{ ...ranges.stopAt, max: Math.max(1, steps - 1) }}
          meaning={stopAt.trim() === '' ? t('stopAtNever') : undefined}
          help={t('stopAtHelp')}
        />
      </div>
      <div className={field.field}>
        <label htmlFor={negativeId} className={field.label}>
          {t('negative')}
        </label>
        <textarea
          id={negativeId}
          className={field.text}
          rows={2}
          value={negativePrompt}
          placeholder={t('negativeNone')}
          aria-describedby={`${negativeId}-help`}
          onChange={(event) => edit({ negativePrompt: event.target.value })}
        />
        <p id={`${negativeId}-help`} className={field.help}>
          {t('negativeHelp')}
        </p>
      </div>
      <MemoryLimitField />
      <AdvancedSettings traits={traits} />
    </section>
  );
}
