import { useId } from 'react';
import { useTranslations } from 'use-intl';
import type { Title, TitleClip } from '../../../project';
import { useClipEdit } from './use-clip-edit';
import { ValueControls } from './ValueControls';
import type { FieldRange } from './units';
import styles from './Inspector.module.css';

const size: FieldRange = { min: 0.005, max: 0.5, step: 0.005, default: 0.08, unit: 'percent' };
const weight: FieldRange = { min: 100, max: 900, step: 50, default: 600, unit: 'whole' };
const lineHeight: FieldRange = { min: 0.5, max: 4, step: 0.05, default: 1.2, unit: 'none' };
const fonts = ['sans', 'serif', 'mono'] as const;
const aligns = ['start', 'center', 'end'] as const;

/** Words of a title and how they look. */
export function TitleSection({ clip }: { readonly clip: TitleClip }) {
  const t = useTranslations('inspector');
  const edit = useClipEdit(clip.id);
  const id = useId();
  const { title } = clip;
  const set = (change: Partial<Title>): void =>
    edit('title', (draft) => draft.kind === 'title' && Object.assign(draft.title, change), `title ${Object.keys(change).join()}`);
  const numbers = [
    ['size', size],
    ['weight', weight],
    ['lineHeight', lineHeight],
  ] as const;
  return (
    <section className={styles.section} aria-label={t('title')}>
      <h3 className={styles.title}>{t('title')}</h3>
      <div className={styles.fields}>
        <label htmlFor={id} className={styles.label}>
          {t('words')}
        </label>
        <textarea id={id} className={styles.words} rows={3} value={title.text} onChange={(event) => set({ text: event.target.value })} />
        <label className={styles.row}>
          <span className={styles.label}>{t('font')}</span>
          <select className={styles.select} value={title.font} onChange={(event) => set({ font: fonts[event.target.selectedIndex] })}>
            {fonts.map((font) => (
              <option key={font} value={font}>
                {t(`fonts.${font}`)}
              </option>
            ))}
          </select>
        </label>
        <label className={styles.row}>
          <span className={styles.label}>{t('align')}</span>
          <select className={styles.select} value={title.align} onChange={(event) => set({ align: aligns[event.target.selectedIndex] })}>
            {aligns.map((align) => (
              <option key={align} value={align}>
                {t(`aligns.${align}`)}
              </option>
            ))}
          </select>
        </label>
        {numbers.map(([name, range]) => (
          <div key={name} className={styles.field} role="group" aria-label={t(name)}>
            <span className={styles.label} aria-hidden="true">
              {t(name)}
            </span>
            <ValueControls label={t(name)} value={title[name]} range={range} onChange={(value) => set({ [name]: value })} />
          </div>
        ))}
        <label className={styles.row}>
          <span className={styles.label}>{t('color')}</span>
          <input
            type="color"
            className={styles.color}
            value={title.color.slice(0, 7)}
            onChange={(event) => set({ color: `${event.target.value}${title.color.slice(7)}` })}
          />
        </label>
        <div className={styles.checks}>
          <label className={styles.checkLabel}>
            <input type="checkbox" className={styles.check} checked={title.italic} onChange={() => set({ italic: !title.italic })} />
            {t('italic')}
          </label>
          <label className={styles.checkLabel}>
            <input
              type="checkbox"
              className={styles.check}
              checked={title.background !== undefined}
              onChange={() => set({ background: title.background === undefined ? '#00000099' : undefined })}
            />
            {t('band')}
          </label>
          {title.background !== undefined && (
            <input
              type="color"
              className={styles.color}
              aria-label={t('bandColor')}
              value={title.background.slice(0, 7)}
              onChange={(event) => set({ background: `${event.target.value}${title.background?.slice(7) ?? ''}` })}
            />
          )}
        </div>
      </div>
    </section>
  );
}
