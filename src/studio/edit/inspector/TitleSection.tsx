import { useEffect, useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import type { TitleWarning } from '../../../compositing';
import { hanOf, hasHan, type Title, type TitleClip } from '../../../project';
import { useStudioStore } from '../../state/context';
import { useClipEdit } from './use-clip-edit';
import { ValueControls } from './ValueControls';
import type { FieldRange } from './units';
import { usualWrap } from './use-add-title';
import styles from './Inspector.module.css';

const size: FieldRange = { min: 0.005, max: 0.5, step: 0.005, default: 0.08, unit: 'percent' };
const weight: FieldRange = { min: 100, max: 900, step: 50, default: 600, unit: 'whole' };
const lineHeight: FieldRange = { min: 0.5, max: 4, step: 0.05, default: 1.2, unit: 'none' };
const wrap: FieldRange = { min: 0.05, max: 1, step: 0.01, default: usualWrap, unit: 'percent' };
const fonts = ['sans', 'serif', 'mono'] as const;
const aligns = ['start', 'center', 'end'] as const;
const hans = ['ja', 'zh'] as const;

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
        <textarea
          id={id}
          className={styles.words}
          dir="auto"
          rows={3}
          value={title.text}
          onChange={(event) => set({ text: event.target.value })}
        />
        <Warning title={title} />
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
        {hasHan(title.text) && (
          <label className={styles.row}>
            <span className={styles.label}>{t('han')}</span>
            <select className={styles.select} value={hanOf(title)} onChange={(event) => set({ han: hans[event.target.selectedIndex] })}>
              {hans.map((one) => (
                <option key={one} value={one}>
                  {t(`hans.${one}`)}
                </option>
              ))}
            </select>
          </label>
        )}
        {numbers.map(([name, range]) => (
          <div key={name} className={styles.field} role="group" aria-label={t(name)}>
            <span className={styles.label} aria-hidden="true">
              {t(name)}
            </span>
            <ValueControls label={t(name)} value={title[name]} range={range} onChange={(value) => set({ [name]: value })} />
          </div>
        ))}
        <div className={styles.checks}>
          <label className={styles.checkLabel}>
            <input
              type="checkbox"
              className={styles.check}
              checked={title.wrap !== undefined}
              onChange={() => set({ wrap: title.wrap === undefined ? usualWrap : undefined })}
            />
            {t('wrap')}
          </label>
        </div>
        {title.wrap !== undefined && (
          <div className={styles.field} role="group" aria-label={t('wrapWidth')}>
            <span className={styles.label} aria-hidden="true">
              {t('wrapWidth')}
            </span>
            <ValueControls label={t('wrapWidth')} value={title.wrap} range={wrap} onChange={(value) => set({ wrap: value })} />
          </div>
        )}
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

/** Letters that no font has, or that could not be fetched, in words. */
function Warning({ title }: { readonly title: Title }) {
  const t = useTranslations('inspector');
  const store = useStudioStore();
  const [warning, setWarning] = useState<TitleWarning | 'not-fetched' | null>(null);
  useEffect(() => {
    let stale = false;
    const tell = (found: TitleWarning | 'not-fetched' | null): void => {
      if (!stale) setWarning(found);
    };
    store
      .getState()
      .editor()
      .checkTitle(title)
      .then(tell, (error: unknown) => {
        console.warn('The letters of a title could not be looked at:', error);
        tell('not-fetched');
      });
    return () => {
      stale = true;
    };
  }, [store, title]);
  const words =
    warning === 'not-fetched'
      ? t('lettersNotFetched')
      : warning !== null && t('boxes', { count: warning.letters.length, letters: warning.letters.join(' ') });
  return (
    <p className={styles.note} role="status" hidden={words === false}>
      {words}
    </p>
  );
}
