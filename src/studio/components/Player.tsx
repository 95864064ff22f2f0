import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { framesPerSecond, type ClipSound } from '../../pipelines';
import { PixelCanvas } from '../playback/PixelCanvas';
import { usePlayback } from '../playback/use-playback';
import { useSoundPlayer } from '../playback/use-sound-player';
import { useVolume } from '../playback/volume';
import { clipFileName, clipSeconds, framePixels, type Clip } from '../state/clip';
import { useStudio } from '../state/context';
import { formatBytes, formatSeconds } from '../state/stage-timing';
import { Button, DownloadLink, IconButton } from './Button';
import { Screen } from './Screen';
import { VolumeControl } from './VolumeControl';
import { WaveformScrubber } from './WaveformScrubber';
import field from './Field.module.css';
import styles from './Player.module.css';

const prefersStill = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

/** A finished clip: plays in a loop with its sound, scrubs and steps by whole frames, downloads. Keys: space, arrows, Home, End, M. */
export function Player({ clip }: { readonly clip: Clip }) {
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
  const { playing, frame, toggle, seek, step } = usePlayback({
    ...{ frameCount, framesPerSecond: rate, startPlaying: !still, onPlace: movePlayhead },
    ...(player === undefined ? {} : { sound: player }),
  });
  const mute = useCallback(() => setVolume({ ...volume, muted: !volume.muted }), [volume, setVolume]);
  const pixels = useMemo(() => framePixels(content, frame), [content, frame]);
  const reuse = useStudio((state) => state.reuse);
  usePlayerKeys({ toggle, step, seek, last: frameCount - 1, ...(sound === undefined ? {} : { mute }) });
  const fileUrl = useFileUrl(clip);
  const { job } = content.recipe;
  return (
    <section className={styles.player} aria-label={`Clip ${clip.number}`}>
      <Screen width={width} height={height}>
        <PixelCanvas width={width} height={height} pixels={pixels} label={`Frame ${frame + 1} of ${frameCount}: ${clip.prompt}`} />
      </Screen>
      <div className={styles.transport} role="group" aria-label="Playback" data-sound={sound !== undefined}>
        {sound !== undefined && <WaveformScrubber {...{ sound, frame, frameCount, seconds, place }} onSeek={seek} />}
        <IconButton icon="frame-back" label="One frame back (←)" onClick={() => step(-1)} />
        <IconButton icon={playing ? 'pause' : 'play'} label={playing ? 'Pause (space)' : 'Play (space)'} onClick={toggle} />
        <IconButton icon="frame-forward" label="One frame on (→)" onClick={() => step(1)} />
        {sound === undefined && (
          <input
            type="range"
            className={field.range}
            aria-label="Frame"
            aria-valuetext={`Frame ${frame + 1} of ${frameCount}`}
            min={0}
            max={frameCount - 1}
            step={1}
            value={frame}
            style={{ '--share': frameCount > 1 ? frame / (frameCount - 1) : 1 }}
            onChange={(event) => seek(Number(event.target.value))}
          />
        )}
        <output className={styles.position} data-testid="position">
          {frame + 1} / {frameCount}
        </output>
        {sound !== undefined && <VolumeControl volume={volume} onVolume={setVolume} />}
      </div>
      <div className={styles.details}>
        <div className={styles.words}>
          <h2 className={styles.prompt}>{clip.prompt}</h2>
          <ul className={styles.facts}>
            <li>
              {width} × {height}
            </li>
            <li>{seconds.toFixed(1)} s</li>
            <li>{Math.round(rate * 100) / 100} frames a second</li>
            {sound !== undefined && <li>{soundWords(sound)}</li>}
            <li>{job.steps} steps</li>
            <li>guidance {job.guidanceScale}</li>
            <li>seed {job.seed}</li>
            <li>made in {formatSeconds(clip.madeInSeconds)}</li>
          </ul>
        </div>
        <div className={styles.actions}>
          <Button icon="reuse" onClick={() => void reuse(clip)}>
            Use its settings
          </Button>
          <DownloadLink href={fileUrl} download={clipFileName(clip)} icon="download">
            Download {content.file.extension.replace(/^\./, '').toUpperCase()}
            <span className={styles.size}>{formatBytes(content.file.bytes.byteLength)}</span>
          </DownloadLink>
        </div>
      </div>
    </section>
  );
}

function soundWords({ waveform: { channels, sampleRate }, loudness }: ClipSound): string {
  const kind = channels.length === 1 ? 'mono' : 'stereo';
  const loud = Number.isFinite(loudness) ? `, ${loudness.toFixed(1)} LUFS`.replace('-', '−') : '';
  return `${kind} sound at ${sampleRate / 1000} kHz${loud}`;
}

/** An address for the clip's file, for as long as it is on the stage. */
function useFileUrl({ content: { file } }: Clip): string {
  const url = useMemo(() => URL.createObjectURL(new Blob([file.bytes], { type: file.mimeType })), [file]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return url;
}

interface PlayerKeys {
  toggle(): void;
  step(count: number): void;
  seek(frame: number): void;
  readonly last: number;
  /** Absent where there is no sound. */
  mute?(): void;
}

/** Keys work wherever the focus is, except where they already mean something: in fields, and space on a button. */
function usePlayerKeys({ toggle, step, seek, last, mute }: PlayerKeys): void {
  useEffect(() => {
    const actions: Record<string, () => void> = {
      ' ': toggle,
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      Home: () => seek(0),
      End: () => seek(last),
      ...(mute === undefined ? {} : { m: mute, M: mute }),
    };
    const onKey = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !(target instanceof Element)) return;
      if (target.matches('textarea, select, input:not([type="range"]), [contenteditable]')) return;
      const isRange = target.matches('input[type="range"]');
      if (key === ' ' ? target.matches('button, a, summary') : isRange && key.length > 1) return;
      if (!Object.hasOwn(actions, key)) return;
      event.preventDefault();
      actions[key]();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [toggle, step, seek, last, mute]);
}
