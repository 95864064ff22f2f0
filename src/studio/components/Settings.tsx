import { useId } from 'react';
import type { GeneratorDescription } from '../../pipelines';
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
  const negativeId = useId();
  const headingId = useId();
  const { traits } = description;
  const { defaults, sizeMultiple, frameMultiple } = traits;
  const ranges = fieldRanges(traits);
  const negativePrompt = useStudio((state) => state.draft.negativePrompt);
  const frames = useStudio((state) => Number(state.draft.frames));
  const frameRate = useStudio((state) => Number(state.draft.frameRate));
  const edit = useStudio((state) => state.edit);
  const resetSettings = useStudio((state) => state.resetSettings);
  const seconds = frames / frameRate;
  const longest = 1 + frameMultiple * Math.ceil((defaults.frames * 3 - 1) / frameMultiple);
  return (
    <section className={styles.settings} aria-labelledby={headingId}>
      <div className={styles.heading}>
        <h2 id={headingId} className={styles.title}>
          Settings
        </h2>
        <Button kind="quiet" size="small" icon="reset" onClick={resetSettings}>
          Model defaults
        </Button>
      </div>
      <div className={styles.pair}>
        <NumberField field="width" label="Width" range={ranges.width} help={`In steps of ${sizeMultiple}. Made for ${defaults.width}.`} />
        <NumberField
          field="height"
          label="Height"
          range={ranges.height}
          help={`In steps of ${sizeMultiple}. Made for ${defaults.height}.`}
        />
      </div>
      <NumberField
        field="frames"
        label="Frames"
        range={ranges.frames}
        slider={{ min: 1, max: longest }}
        meaning={Number.isFinite(seconds) && seconds > 0 ? `${seconds.toFixed(1)} s of video` : undefined}
        help={`How many pictures the clip has: ${frameMultiple} × n + 1. More take longer and need more memory.`}
      />
      <NumberField
        field="frameRate"
        label="Frame rate"
        range={ranges.frameRate}
        slider={{ min: 1, max: 30 }}
        meaning="frames a second"
        help="How fast the pictures follow each other."
      />
      <NumberField
        field="steps"
        label="Steps"
        range={ranges.steps}
        slider={{ min: 1, max: Math.max(50, defaults.steps * 2) }}
        help="How often the noise is refined. More is cleaner and slower; below 8 is a rough draft."
      />
      <NumberField
        field="guidanceScale"
        label="Guidance"
        range={ranges.guidanceScale}
        slider={{ min: 1, max: 10 }}
        help="How strictly the clip follows the prompt. 1 is loosely and twice as fast; high values look harsh."
      />
      {description.model.makesSound && <LoudnessField />}
      <SeedField range={ranges.seed} />
      <MemoryLimitField />
      <div className={field.field}>
        <label htmlFor={negativeId} className={field.label}>
          Negative prompt
        </label>
        <textarea
          id={negativeId}
          className={field.text}
          rows={2}
          value={negativePrompt}
          placeholder="Nothing"
          aria-describedby={`${negativeId}-help`}
          onChange={(event) => edit({ negativePrompt: event.target.value })}
        />
        <p id={`${negativeId}-help`} className={field.help}>
          What the clip should stay away from. Works only with guidance above 1.
        </p>
      </div>
    </section>
  );
}
