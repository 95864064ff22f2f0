import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { framesPerSecond, type ClipSound } from '../../pipelines';
import { useCommand, useTransport } from '../commands/context';
import { useUnits } from '../i18n/use-units';
import { PixelCanvas } from '../playback/PixelCanvas';
import { usePlayback } from '../playback/use-playback';
import { useSoundPlayer } from '../playback/use-sound-player';
import { useVolume } from '../playback/volume';
import { clipFileName, clipSeconds, framePixels, type Clip } from '../state/clip';
import { useHasView, useStudio } from '../state/context';
import { AddClipToTimeline } from './AddClipToTimeline';
import { Button, DownloadLink, IconButton } from './Button';
import { Screen } from './Screen';
import { SyncFact } from './SyncFact';
import { VolumeControl } from './VolumeControl';
import { WaveformScrubber } from './WaveformScrubber';
import field from './Field.module.css';
import styles from './Player.module.css';

const prefersStill = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

/** A finished clip: plays in a loop with its sound, scrubs and steps by whole frames, downloads. */
export function Player({ clip }: { readonly clip: Clip }) {
  const t = useTranslations('clip');
  const { bytes, decimal, duration, seconds: secondsWords } = useUnits();
  const soundWords = useSoundWords();
  const { content } = clip;
  const { width, height, frameCount, frameRate, sound } = content;
  const rate = framesPerSecond(frameRate);
  const seconds = clipSeconds(content);
  const [volume, setVolume] = useVolume();
  const player = useSoundPlayer(sound, seconds, volume);
  const place = useRef<HTMLDivElement>(null);
  const [still] = useState(prefersStill);
  const movePlayhead = useCallback(
    (share: number) => {
      // Frame by frame where motion is unwelcome.
      const whole = still ? Math.floor(share * frameCount + 1e-6) / frameCount : share;
      place.current?.style.setProperty('--place', whole.toFixed(5));
    },
    [still, frameCount],
  );
  const playback = usePlayback({
    ...{ frameCount, framesPerSecond: rate, startPlaying: !still, onPlace: movePlayhead },
    ...(player === undefined ? {} : { sound: player }),
  });
  const { playing, frame, toggle, seek, step } = playback;
  useTransport(playback);
  const mute = useCallback(() => setVolume({ ...volume, muted: !volume.muted }), [volume, setVolume]);
  const pixels = useMemo(() => framePixels(content, frame), [content, frame]);
  const reuse = useStudio((state) => state.reuse);
  const canEdit = useHasView('edit');
  usePlayerCommands({ toggle, step, seek, last: frameCount - 1, ...(sound === undefined ? {} : { mute }) });
  const fileUrl = useFileUrl(clip);
  const { job } = content.recipe;
  return (
    <section className={styles.player} aria-label={t('clip', { number: clip.number })}>
      <Screen width={width} height={height}>
        <PixelCanvas
          width={width}
          height={height}
          pixels={pixels}
          label={t('picture', { frame: frame + 1, frames: frameCount, prompt: clip.prompt })}
        />
      </Screen>
      <div className={styles.transport} role="group" aria-label={t('playback')} data-sound={sound !== undefined}>
        {sound !== undefined && <WaveformScrubber {...{ sound, frame, frameCount, seconds, place }} onSeek={seek} />}
        <IconButton icon="frame-back" label={t('back')} onClick={() => step(-1)} />
        <IconButton icon={playing ? 'pause' : 'play'} label={t(playing ? 'pause' : 'play')} onClick={toggle} />
        <IconButton icon="frame-forward" label={t('forward')} onClick={() => step(1)} />
        {sound === undefined && (
          <input
            type="range"
            className={field.range}
            aria-label={t('frame')}
            aria-valuetext={t('frameOf', { frame: frame + 1, frames: frameCount })}
            min={0}
            max={frameCount - 1}
            step={1}
            value={frame}
            style={{ '--share': frameCount > 1 ? frame / (frameCount - 1) : 1 }}
            onChange={(event) => seek(Number(event.target.value))}
          />
        )}
        <output className={styles.position} data-testid="position">
          {t('position', { frame: frame + 1, frames: frameCount })}
        </output>
        {sound !== undefined && <VolumeControl volume={volume} onVolume={setVolume} />}
      </div>
      <div className={styles.details}>
        <div className={styles.words}>
          <h2 className={styles.prompt}>{clip.prompt}</h2>
          <ul className={styles.facts}>
            <li>{t('size', { width: String(width), height: String(height) })}</li>
            <li>{secondsWords(seconds, 1)}</li>
            <li>{t('rate', { rate: decimal(rate, 2) })}</li>
            {sound !== undefined && <li>{soundWords(sound)}</li>}
            {sound !== undefined && <SyncFact sync={sound.sync} />}
            {job.steps !== undefined && <li>{t('steps', { steps: job.steps })}</li>}
            {job.guidanceScale !== undefined && <li>{t('guidance', { scale: decimal(job.guidanceScale, 2) })}</li>}
            <li>{t('seed', { seed: String(job.seed) })}</li>
            <li>{t('madeIn', { duration: duration(clip.madeInSeconds) })}</li>
          </ul>
        </div>
        <div className={styles.actions}>
          <Button icon="reuse" onClick={() => void reuse(clip)}>
            {t('useSettings')}
          </Button>
          {canEdit && <AddClipToTimeline key={clip.id} clip={clip} />}
          <DownloadLink href={fileUrl} download={clipFileName(clip)} icon="download">
            {t('download', { kind: content.file.extension.replace(/^\./, '').toUpperCase() })}
            <span className={styles.size}>{bytes(content.file.bytes.byteLength)}</span>
          </DownloadLink>
        </div>
      </div>
    </section>
  );
}

function useSoundWords(): (sound: ClipSound) => string {
  const t = useTranslations('clip');
  const { decimal } = useUnits();
  return ({ waveform: { channels, sampleRate }, loudness }) => {
    const sound = { kind: channels.length === 1 ? 'mono' : 'stereo', rate: decimal(sampleRate / 1000, 1) };
    return Number.isFinite(loudness) ? t('soundLoud', { ...sound, loudness: minus(decimal(loudness, 1)) }) : t('sound', sound);
  };
}

/** With a minus sign in place of the hyphen. */
const minus = (figure: string): string => figure.replace('-', '−');

/** An address for the clip's file, for as long as it is on the stage. */
function useFileUrl({ content: { file } }: Clip): string {
  const url = useMemo(() => URL.createObjectURL(new Blob([file.bytes], { type: file.mimeType })), [file]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return url;
}

interface PlayerCommands {
  toggle(): void;
  step(count: number): void;
  seek(frame: number): void;
  readonly last: number;
  /** Absent where there is no sound. */
  mute?(): void;
}

function usePlayerCommands({ toggle, step, seek, last, mute }: PlayerCommands): void {
  useCommand('playback.toggle', toggle);
  useCommand(
    'playback.back',
    useCallback(() => step(-1), [step]),
  );
  useCommand(
    'playback.forward',
    useCallback(() => step(1), [step]),
  );
  useCommand(
    'playback.first',
    useCallback(() => seek(0), [seek]),
  );
  useCommand(
    'playback.last',
    useCallback(() => seek(last), [seek, last]),
  );
  useCommand('playback.mute', mute);
}
