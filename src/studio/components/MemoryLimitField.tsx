import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { useReasonWords } from '../i18n/use-reason-words';
import { readMemoryLimit } from '../models/memory-limit';
import { useStudio } from '../state/context';
import field from './Field.module.css';

/** The most graphics memory that runs may take: a browser does not tell how much a card has. */
export function MemoryLimitField() {
  const t = useTranslations('fields');
  const words = useReasonWords();
  const id = useId();
  const value = useStudio((state) => state.memoryLimit);
  const limitMemory = useStudio((state) => state.limitMemory);
  const limit = readMemoryLimit(value);
  return (
    <div className={field.field} data-invalid={!limit.ok}>
      <div className={field.head}>
        <label htmlFor={id} className={field.label}>
          {t('memory.label')}
        </label>
        <span className={field.meaning}>{limit.ok && limit.bytes === undefined ? t('memory.noLimit') : ''}</span>
      </div>
      <div className={field.number}>
        <input
          id={id}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          placeholder={t('memory.placeholder')}
          value={value}
          aria-invalid={!limit.ok}
          aria-describedby={`${id}-help${limit.ok ? '' : ` ${id}-issue`}`}
          onChange={(event) => limitMemory(event.target.value)}
        />
        <span className={field.unit} aria-hidden="true">
          GB
        </span>
      </div>
      <p id={`${id}-help`} className={field.help}>
        {t('memory.help')}
      </p>
      {!limit.ok && (
        <div id={`${id}-issue`} className={field.issue} role="status">
          {words(limit.reason)}
        </div>
      )}
    </div>
  );
}
