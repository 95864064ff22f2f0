import { useId, useRef, useState, type DragEvent, type KeyboardEvent, type PointerEvent } from 'react';
import { useTranslations } from 'use-intl';
import type { ModelTraits } from '../../pipelines';
import field from '../components/Field.module.css';
import { PixelCanvas } from '../playback/PixelCanvas';
import { useStudio } from '../state/context';
import { picturesIn } from './input-files';
import { latentFrames, latentPlace, snapFrame, type KeyframeInput } from './inputs';
import { KeyframeRow } from './KeyframeRow';
import styles from './KeyframeTrack.module.css';

/** The clip to be made as a strip of its latent frames, and the images that it is to show, each where it lands. */
export function KeyframeTrack({ traits }: { readonly traits: ModelTraits }) {
  const t = useTranslations('compose.keyframes');
  const helpId = useId();
  const track = useRef<HTMLDivElement>(null);
  const images = useStudio((state) => state.inputs.images);
  const frames = useStudio((state) => Math.max(1, Math.floor(Number(state.draft.frames)) || traits.defaults.frames));
  const addInputs = useStudio((state) => state.addInputs);
  const [over, setOver] = useState<number>();
  const { frameMultiple: multiple } = traits;
  const latents = latentFrames(frames, multiple);

  /** Frame under a point, before it snaps. Frames follow the direction of the text. */
  const frameAt = (clientX: number): number => {
    const element = track.current;
    if (element === null) return 0;
    const { left, width } = element.getBoundingClientRect();
    const share = (clientX - left) / width;
    const along = getComputedStyle(element).direction === 'rtl' ? 1 - share : share;
    return Math.floor(Math.min(0.9999, Math.max(0, along)) * frames);
  };
  const snapped = (clientX: number): number => snapFrame(frameAt(clientX), frames, multiple);
  const onDrop = (event: DragEvent): void => {
    const files = picturesIn(event.dataTransfer.items);
    setOver(undefined);
    if (files.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    void addInputs(files, snapped(event.clientX));
  };
  return (
    <div className={styles.keyframes}>
      <div
        ref={track}
        role="group"
        aria-label={t('track', { frames, latents })}
        aria-describedby={helpId}
        className={styles.track}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(latentPlace(snapped(event.clientX), multiple).latentFrame);
        }}
        onDragLeave={() => setOver(undefined)}
        onDrop={onDrop}
      >
        <div className={styles.cells} aria-hidden="true">
          {Array.from({ length: latents }, (_, latent) => (
            <span
              key={latent}
              className={styles.cell}
              style={{ flexGrow: latent === 0 ? 1 : multiple }}
              data-taken={images.some((image) => latentPlace(image.frame, multiple).latentFrame === latent)}
              data-over={over === latent}
            >
              {latents <= 24 || latent % Math.ceil(latents / 12) === 0 ? latent : ''}
            </span>
          ))}
        </div>
        {images.map((image) => (
          <Marker key={image.id} image={image} frames={frames} multiple={multiple} frameAt={snapped} />
        ))}
      </div>
      <p id={helpId} className={field.help}>
        {t('why', { multiple })}
      </p>
      <ul className={styles.rows} aria-label={t('images')}>
        {images
          .toSorted((a, b) => a.frame - b.frame)
          .map((image) => (
            <KeyframeRow key={image.id} image={image} frames={frames} traits={traits} />
          ))}
      </ul>
    </div>
  );
}

interface MarkerProps {
  readonly image: KeyframeInput;
  readonly frames: number;
  readonly multiple: number;
  /** Where a point snaps to. */
  readonly frameAt: (clientX: number) => number;
}

/** An image on the strip: dragged, or moved by keys from latent frame to latent frame. */
function Marker({ image, frames, multiple, frameAt }: MarkerProps) {
  const t = useTranslations('compose.keyframes');
  const change = useStudio((state) => state.changeImage);
  const remove = useStudio((state) => state.removeImage);
  const [held, setHeld] = useState(false);
  const { id, frame, picture } = image;
  const shown = Math.min(frame, frames - 1);
  const { latentFrame, first, last } = latentPlace(shown, multiple);
  const move = (to: number): void => change(id, { frame: snapFrame(to, frames, multiple) });
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowLeft: shown - multiple, ArrowDown: shown - multiple, ArrowRight: shown + multiple, ArrowUp: shown + multiple },
      ...{ Home: 0, End: frames - 1 },
    };
    if (event.key === 'Delete' || event.key === 'Backspace') remove(id);
    else if (Object.hasOwn(steps, event.key)) move(steps[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const hold = (event: PointerEvent<HTMLDivElement>): void => {
    event.currentTarget.setPointerCapture(event.pointerId);
    setHeld(true);
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      className={styles.marker}
      data-held={held}
      style={{ '--place': (shown + 0.5) / frames }}
      aria-label={t('marker', { name: picture.file })}
      aria-valuemin={0}
      aria-valuemax={frames - 1}
      aria-valuenow={shown}
      aria-valuetext={t('place', { frame: shown, latent: latentFrame, first, last, count: last - first + 1 })}
      onKeyDown={onKeyDown}
      onPointerDown={hold}
      onPointerMove={(event) => {
        if (held) change(id, { frame: frameAt(event.clientX) });
      }}
      onPointerUp={() => setHeld(false)}
      onPointerCancel={() => setHeld(false)}
    >
      <PixelCanvas {...picture.thumbnail} label={t('thumbnail', { name: picture.file })} />
    </div>
  );
}
