import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { formatTimecode, parseTimecode, sequenceFrames, type Sequence } from '../../../project';
import { useStudio } from '../../state/context';
import styles from './Transport.module.css';

/** The playhead as timecode; what is typed there is where it goes. */
export function TimecodeField() {
  const t = useTranslations('viewer');
  const playhead = useStudio((state) => state.playhead);
  const sequence = useStudio((state) => state.edited.sequence);
  const seek = useStudio((state) => state.seek);
  const [typed, setTyped] = useState<string>();
  const frame = typed === undefined ? undefined : frameOf(typed, sequence.rate);
  const wrong = typed !== undefined && frame === undefined;
  const take = (): void => {
    if (frame !== undefined) seek(frame);
    setTyped(undefined);
  };
  return (
    <span className={styles.timecode}>
      <input
        type="text"
        inputMode="numeric"
        autoComplete="off"
        spellCheck={false}
        size={11}
        aria-label={t('timecode')}
        aria-invalid={wrong}
        title={t('timecodeHint')}
        value={typed ?? formatTimecode(playhead, sequence.rate)}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === 'Enter') take();
          else if (event.key === 'Escape') setTyped(undefined);
        }}
      />
      <span className={styles.length} title={t('length')}>
        {formatTimecode(sequenceFrames(sequence), sequence.rate)}
      </span>
    </span>
  );
}

/** Undefined of what names no position. */
function frameOf(text: string, rate: Sequence['rate']): number | undefined {
  try {
    return parseTimecode(text, rate);
  } catch {
    return undefined;
  }
}
