import { useId, useRef } from 'react';
import { useTranslations } from 'use-intl';
import type { OwnSound } from '../../../workers';
import type { ModelTraits } from '../../pipelines';
import { useUnits } from '../i18n/use-units';
import { framesOfSound } from '../sound/own-sound';
import { soundFileTypes } from '../sound/sound-files';
import { fieldRanges } from '../state/settings';
import { useStudio } from '../state/context';
import { Button, IconButton } from './Button';
import { FileInput } from './FileInput';
import { Facts } from './ModelSection';
import { SoundWindow } from './SoundWindow';
import field from './Field.module.css';
import section from './FormSection.module.css';
import named from './Named.module.css';
import styles from './OwnSoundSection.module.css';

/** A sound of the person's own, which the clip is made for and heard with; without one the model makes the sound. */
export function OwnSoundSection({ traits }: { readonly traits: ModelTraits }) {
  const t = useTranslations('sound');
  const headingId = useId();
  const input = useRef<HTMLInputElement>(null);
  const ownSound = useStudio((state) => state.ownSound);
  const chooseSound = useStudio((state) => state.chooseSound);
  const removeSound = useStudio((state) => state.removeSound);
  const { status } = ownSound;
  return (
    <section className={section.section} aria-labelledby={headingId}>
      <h2 id={headingId} className={section.title}>
        {t('heading')}
      </h2>
      {status === 'ready' && <ChosenSound sound={ownSound.sound} start={ownSound.start} traits={traits} />}
      {status === 'reading' && (
        <p className={field.help} role="status">
          {t('reading', { name: ownSound.name })}
        </p>
      )}
      {status === 'failed' && (
        <div className={field.issue} role="alert">
          <span>
            {t.rich('unusable', {
              ...{ name: ownSound.name, report: ownSound.problem.report },
              strong: (words) => <strong>{words}</strong>,
            })}
          </span>
          <Button size="small" onClick={removeSound}>
            {t('goOn')}
          </Button>
        </div>
      )}
      <div className={styles.choose}>
        <Button
          icon="volume"
          size={status === 'ready' ? 'small' : 'medium'}
          aria-describedby={`${headingId}-help`}
          onClick={() => input.current?.click()}
        >
          {t(status === 'ready' ? 'another' : 'own')}
        </Button>
        {status !== 'ready' && (
          <p id={`${headingId}-help`} className={field.help}>
            {t('help')}
          </p>
        )}
      </div>
      <FileInput input={input} label={t('input')} accept={soundFileTypes} onFiles={([file]) => void chooseSound(file)} />
    </section>
  );
}

interface ChosenSoundProps {
  readonly sound: OwnSound;
  readonly start: number;
  readonly traits: ModelTraits;
}

function ChosenSound({ sound, start, traits }: ChosenSoundProps) {
  const t = useTranslations('sound');
  const { decimal, seconds: secondsWords } = useUnits();
  const frames = useStudio((state) => Number(state.draft.frames));
  const frameRate = useStudio((state) => Number(state.draft.frameRate));
  const edit = useStudio((state) => state.edit);
  const startSoundAt = useStudio((state) => state.startSoundAt);
  const removeSound = useStudio((state) => state.removeSound);
  const { seconds, sampleRate } = sound.facts.sound;
  const clip = frames / frameRate;
  const lasts = Number.isFinite(clip) && clip > 0;
  const asLong = framesOfSound(seconds - start, frameRate, traits, fieldRanges(traits).frames.max);
  return (
    <div className={styles.card}>
      <div className={styles.head}>
        <span className={named.name}>{sound.file}</span>
        <IconButton icon="close" label={t('remove', { name: sound.file })} onClick={removeSound} />
      </div>
      <Facts>
        {[
          secondsWords(seconds, 1),
          t('sampleRate', { rate: decimal(sampleRate / 1000, 1) }),
          Number.isFinite(sound.loudness) ? t('loudness', { loudness: decimal(sound.loudness, 1) }) : t('quiet'),
        ]}
      </Facts>
      <SoundWindow sound={sound} start={start} seconds={lasts ? clip : seconds} onStart={startSoundAt} />
      <p className={field.help} role="status">
        {!lasts
          ? t('noLength')
          : start + clip <= seconds + 0.5 / frameRate
            ? t('takes', { from: secondsWords(start, 2), to: secondsWords(start + clip, 2) })
            : t('takesAndSilence', { from: secondsWords(start, 2), rest: secondsWords(start + clip - seconds, 2) })}
      </p>
      {lasts && asLong !== frames && (
        <Button size="small" onClick={() => edit({ frames: String(asLong) })}>
          {t(asLong / frameRate > seconds - start + 0.5 / frameRate ? 'shortest' : 'asLong', { frames: asLong })}
        </Button>
      )}
    </div>
  );
}
