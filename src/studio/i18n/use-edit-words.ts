import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import type { EditLabel, Refusal } from '../../project';
import { en } from './messages/en';

type EditKey = keyof typeof en.edits.labels;

const isEditKey = (key: string): key is EditKey => Object.hasOwn(en.edits.labels, key);

export interface EditWords {
  /** A step of undo by its name; the key itself of one that this version does not know. */
  label(label: EditLabel): string;
  undone(label: EditLabel): string;
  redone(label: EditLabel): string;
  /** What an edit came to. */
  outcome(label: EditLabel, refused: Refusal | 'nothing' | undefined): string;
}

export function useEditWords(): EditWords {
  const t = useTranslations('edits');
  return useMemo(() => {
    const label = ({ key, values }: EditLabel): string => (isEditKey(key) ? t(`labels.${key}`, values) : key);
    return {
      label,
      undone: (step) => t('undone', { edit: label(step) }),
      redone: (step) => t('redone', { edit: label(step) }),
      outcome(done, refused) {
        if (refused === undefined) return t('done', { edit: label(done) });
        return refused === 'nothing' ? t('nothing') : t('notDone', { reason: t(`refused.${refused}`) });
      },
    };
  }, [t]);
}
