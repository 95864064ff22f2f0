/** Fields that clips have besides effects: where a picture lies and how it meets what is below, time, fades, and what is heard. */
import { useTranslations } from 'use-intl';
import {
  blendModes,
  changeSpeed,
  rational,
  setFade,
  toNumber,
  type Animated,
  type Clip,
  type PictureClip,
  type SoundClip,
  type TitleClip,
} from '../../../project';
import { useStudio } from '../../state/context';
import { AnimatedField } from './AnimatedField';
import { useClipEdit } from './use-clip-edit';
import { ValueControls } from './ValueControls';
import type { FieldRange } from './units';
import styles from './Inspector.module.css';

const percent = (min: number, max: number, fallback: number): FieldRange => ({ min, max, step: 0.01, default: fallback, unit: 'percent' });
const pixels = (most: number): FieldRange => ({ min: -most, max: most, step: 1, default: 0, unit: 'frame-pixels' });
const degrees: FieldRange = { min: -180, max: 180, step: 0.5, default: 0, unit: 'degrees' };
const decibels: FieldRange = { min: -60, max: 12, step: 0.5, default: 0, unit: 'decibels' };
const share = percent(0, 1, 0);

export function PictureSection({ clip }: { readonly clip: PictureClip | TitleClip }) {
  const t = useTranslations('inspector');
  const edit = useClipEdit(clip.id);
  const width = useStudio((state) => state.edited.sequence.width);
  const height = useStudio((state) => state.edited.sequence.height);
  const { transform } = clip;
  const moved = [
    ['x', pixels(width)],
    ['y', pixels(height)],
    ['scale', percent(0, 4, 1)],
    ['rotation', degrees],
    ['cropLeft', share],
    ['cropRight', share],
    ['cropTop', share],
    ['cropBottom', share],
  ] as const;
  return (
    <section className={styles.section} aria-label={t('picture')}>
      <h3 className={styles.title}>{t('picture')}</h3>
      <div className={styles.fields}>
        <AnimatedField
          label={t('opacity')}
          value={clip.opacity}
          range={percent(0, 1, 1)}
          onChange={(value, what) =>
            edit(
              what === 'value' ? 'opacity' : what,
              (draft) => draft.kind !== 'sound' && (draft.opacity = value),
              mergeOf('opacity', what),
            )
          }
        />
        <label className={styles.row}>
          <span className={styles.label}>{t('blend')}</span>
          <select
            className={styles.select}
            value={clip.blend}
            onChange={(event) => edit('blend', (draft) => draft.kind !== 'sound' && (draft.blend = blendModes[event.target.selectedIndex]))}
          >
            {blendModes.map((mode) => (
              <option key={mode} value={mode}>
                {t(`blendModes.${mode}`)}
              </option>
            ))}
          </select>
        </label>
        {moved.map(([name, range]) => (
          <AnimatedField
            key={name}
            label={t(name)}
            value={transform[name]}
            range={range}
            onChange={(value, what) =>
              edit(
                what === 'value' ? 'transform' : what,
                (draft) => draft.kind !== 'sound' && (draft.transform[name] = value),
                mergeOf(name, what),
              )
            }
          />
        ))}
        <div className={styles.checks}>
          {(['flipHorizontal', 'flipVertical'] as const).map((name) => (
            <label key={name} className={styles.checkLabel}>
              <input
                type="checkbox"
                className={styles.check}
                checked={transform[name]}
                onChange={() => edit('transform', (draft) => draft.kind !== 'sound' && (draft.transform[name] = !draft.transform[name]))}
              />
              {t(name)}
            </label>
          ))}
        </div>
      </div>
    </section>
  );
}

/** Values and easings that are dragged are one step; a keyframe that is set is its own. */
const mergeOf = (name: string, what: 'value' | 'keyframe' | 'easing'): string | undefined =>
  what === 'keyframe' ? undefined : `${name} ${what}`;

export function SoundSection({ clip }: { readonly clip: SoundClip }) {
  const t = useTranslations('inspector');
  const edit = useClipEdit(clip.id);
  const fields: readonly (readonly ['gain' | 'pan', Animated, FieldRange])[] = [
    ['gain', clip.gain, decibels],
    ['pan', clip.pan, percent(-1, 1, 0)],
  ];
  return (
    <section className={styles.section} aria-label={t('sound')}>
      <h3 className={styles.title}>{t('sound')}</h3>
      <div className={styles.fields}>
        {fields.map(([name, value, range]) => (
          <AnimatedField
            key={name}
            {...{ value, range, label: t(name) }}
            onChange={(next, what) =>
              edit(what === 'value' ? name : what, (draft) => draft.kind === 'sound' && (draft[name] = next), mergeOf(name, what))
            }
          />
        ))}
      </div>
    </section>
  );
}

export function TimeSection({ clip }: { readonly clip: Clip }) {
  const t = useTranslations('inspector');
  const edits = useTranslations('edits');
  const perform = useStudio((state) => state.perform);
  const announce = useStudio((state) => state.announce);
  const lengths = useStudio((state) => state.lengths);
  const tell = (refused: ReturnType<typeof perform>): void => {
    if (refused !== undefined && refused !== 'nothing') announce(edits('notDone', { reason: edits(`refused.${refused}`) }));
  };
  const frames = (most: number): FieldRange => ({ min: 0, max: most, step: 1, default: 0, unit: 'frames' });
  const fade = (edge: 'in' | 'out', value: number): void =>
    tell(perform({ key: 'fade' }, setFade({ clip: clip.id, edge, frames: value }), `${clip.id} fade ${edge}`));
  const speed = clip.kind === 'title' ? undefined : toNumber(clip.speed);
  const setSpeed = (next: number): void => {
    const wanted = rational(Math.round(next * 10_000), 10_000);
    tell(
      perform(
        { key: 'speed', values: { percent: Math.round(next * 100) } },
        changeSpeed({ clips: [clip.id], speed: wanted, keep: 'content', lengths: lengths() }),
        `${clip.id} speed`,
      ),
    );
  };
  return (
    <section className={styles.section} aria-label={t('time')}>
      <h3 className={styles.title}>{t('time')}</h3>
      <div className={styles.fields}>
        {speed !== undefined && (
          <>
            <div className={styles.field} role="group" aria-label={t('speed')}>
              <span className={styles.label} aria-hidden="true">
                {t('speed')}
              </span>
              <ValueControls
                label={t('speed')}
                value={Math.abs(speed)}
                range={{ min: 0.1, max: 4, step: 0.01, default: 1, unit: 'percent' }}
                onChange={(next) => setSpeed(speed < 0 ? -next : next)}
              />
            </div>
            <div className={styles.checks}>
              <label className={styles.checkLabel}>
                <input type="checkbox" className={styles.check} checked={speed < 0} onChange={() => setSpeed(-speed)} />
                {t('backwards')}
              </label>
            </div>
          </>
        )}
        {(
          [
            ['in', t('fadeIn'), clip.fadeIn],
            ['out', t('fadeOut'), clip.fadeOut],
          ] as const
        ).map(([edge, label, value]) => (
          <div key={edge} className={styles.field} role="group" aria-label={label}>
            <span className={styles.label} aria-hidden="true">
              {label}
            </span>
            <ValueControls {...{ label, value, range: frames(clip.duration) }} onChange={(next) => fade(edge, next)} />
          </div>
        ))}
      </div>
    </section>
  );
}
