import { useRef } from 'react';
import { useTranslations } from 'use-intl';
import { useProblemWords } from '../i18n/use-problem-words';
import type { ClipReading } from '../projects/generation-state';
import { useStudio } from '../state/context';
import { Button } from './Button';
import { FileInput } from './FileInput';
import { Message } from './Message';

/** A clip of an earlier visit: it is being read from its file, or why it is not. */
export function KeptClip({ reading }: { readonly reading: Exclude<ClipReading, { status: 'idle' }> }) {
  const t = useTranslations('history');
  const words = useProblemWords();
  const input = useRef<HTMLInputElement>(null);
  const number = useStudio((state) => state.project.generations.find(({ id }) => id === reading.id)?.number ?? 0);
  const select = useStudio((state) => state.select);
  const relinkMedia = useStudio((state) => state.relinkMedia);
  if (reading.status === 'reading') {
    return (
      <Message tone="calm" icon="play" title={t('reading', { number })}>
        <progress aria-label={t('reading', { number })} />
      </Message>
    );
  }
  const { title, explanation } = words(reading.problem);
  return (
    <Message
      tone="caution"
      icon="alert"
      title={title}
      urgent
      actions={
        <Button icon="folder" onClick={() => input.current?.click()}>
          {t('chooseFile')}
        </Button>
      }
    >
      <p>{explanation}</p>
      <FileInput
        input={input}
        label={t('chooseFile')}
        onFiles={(files) => void relinkMedia(files).then((given) => (given > 0 ? select(reading.id) : undefined))}
      />
    </Message>
  );
}
