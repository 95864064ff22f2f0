import { useId, useRef } from 'react';
import type { OwnSound } from '../../../workers';
import type { ModelTraits } from '../../pipelines';
import { framesOfSound } from '../sound/own-sound';
import { soundFileTypes } from '../sound/sound-files';
import { fieldRanges } from '../state/settings';
import { useStudio } from '../state/context';
import { Button, IconButton } from './Button';
import { Facts } from './ModelSection';
import { SoundWindow } from './SoundWindow';
import field from './Field.module.css';
import styles from './OwnSoundSection.module.css';

/** A sound of the person's own, which the clip is made for and heard with; without one the model makes the sound. */
export function OwnSoundSection({ traits }: { readonly traits: ModelTraits }) {
  const headingId = useId();
  const input = useRef<HTMLInputElement>(null);
  const ownSound = useStudio((state) => state.ownSound);
  const chooseSound = useStudio((state) => state.chooseSound);
  const removeSound = useStudio((state) => state.removeSound);
  const { status } = ownSound;
  return (
    <section className={styles.section} aria-labelledby={headingId}>
      <h2 id={headingId} className={styles.title}>
        Sound
      </h2>
      {status === 'ready' && <ChosenSound sound={ownSound.sound} start={ownSound.start} traits={traits} />}
      {status === 'reading' && (
        <p className={field.help} role="status">
          Reading {ownSound.name}
        </p>
      )}
      {status === 'failed' && (
        <div className={field.issue} role="alert">
          <span>
            <strong>{ownSound.name} cannot be used.</strong> {ownSound.problem.report}
          </span>
          <Button size="small" onClick={removeSound}>
            Go on without it
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
          {status === 'ready' ? 'Choose another' : 'Use a sound of your own'}
        </Button>
        {status !== 'ready' && (
          <p id={`${headingId}-help`} className={field.help}>
            The clip is made for it and heard with it. A sound or a video, chosen or dropped anywhere on the page; it stays on this machine.
            Without one, the model makes the sound.
          </p>
        )}
      </div>
      <input
        ref={input}
        type="file"
        hidden
        accept={soundFileTypes}
        aria-label="File of a sound"
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          event.target.value = '';
          if (file !== undefined) void chooseSound(file);
        }}
      />
    </section>
  );
}

interface ChosenSoundProps {
  readonly sound: OwnSound;
  readonly start: number;
  readonly traits: ModelTraits;
}

function ChosenSound({ sound, start, traits }: ChosenSoundProps) {
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
        <span className={styles.name}>{sound.file}</span>
        <IconButton icon="close" label={`Take ${sound.file} away`} onClick={removeSound} />
      </div>
      <Facts>
        {[
          `${seconds.toFixed(1)} s`,
          `${(sampleRate / 1000).toFixed(1)} kHz`,
          Number.isFinite(sound.loudness) ? `${sound.loudness.toFixed(1)} LUFS` : 'silent or very short',
        ]}
      </Facts>
      <SoundWindow sound={sound} start={start} seconds={lasts ? clip : seconds} onStart={startSoundAt} />
      <p className={field.help} role="status">
        {!lasts
          ? 'The clip has no length yet: see frames and frame rate.'
          : start + clip <= seconds + 0.5 / frameRate
            ? `The clip takes ${start.toFixed(2)} s to ${(start + clip).toFixed(2)} s of it.`
            : `The clip takes it from ${start.toFixed(2)} s on, then ${(start + clip - seconds).toFixed(2)} s of silence.`}
      </p>
      {lasts && asLong !== frames && (
        <Button size="small" onClick={() => edit({ frames: String(asLong) })}>
          {asLong / frameRate > seconds - start + 0.5 / frameRate ? 'Shortest clip' : 'As long as the sound'}: {asLong} frames
        </Button>
      )}
    </div>
  );
}
