import { useId, useState, type RefObject } from 'react';
import { useTranslations } from 'use-intl';
import { formatFrameRate, parseFrameRate } from '../../../media';
import { conformReport, formatTimecode, sequenceFrames, toNumber, type Sequence, type SequenceShape } from '../../../project';
import { Button } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import field from '../../components/Field.module.css';
import { useEditWords } from '../../i18n/use-edit-words';
import { useUnits } from '../../i18n/use-units';
import { useStudio, useStudioStore } from '../../state/context';
import { rates } from '../export/export-settings';
import dialogStyles from '../../components/Dialog.module.css';
import styles from './SequenceDialog.module.css';

/** Width and height that most are made in: broadcast, square, upright. */
const sizes = [
  [3840, 2160],
  [1920, 1080],
  [1280, 720],
  [1080, 1080],
  [1080, 1920],
  [720, 1280],
] as const;
/** Rates of films and screens that nothing is exported at by default. */
const moreRates = ['24000/1001', '48', '60000/1001'].map(parseFrameRate);
/** Pixels of a side, as a sequence may have them. */
const side = { least: 8, most: 16_384 } as const;

/** Another size or rate for the sequence, and what that changes of it, before it is done. */
export function SequenceDialog({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  const t = useTranslations('timeline.sequence');
  const sequence = useStudio((state) => state.edited.sequence);
  const { width, height, rate } = sequence;
  return (
    <Dialog dialog={dialog} title={t('title')} closeLabel={t('close')}>
      {/* What stands in the form is the sequence's own again when that was changed. */}
      <ShapeForm key={`${width} ${height} ${formatFrameRate(rate)}`} sequence={sequence} onDone={() => dialog.current?.close()} />
    </Dialog>
  );
}

function ShapeForm({ sequence, onDone }: { readonly sequence: Sequence; readonly onDone: () => void }) {
  const t = useTranslations('timeline.sequence');
  const words = useEditWords();
  const store = useStudioStore();
  const id = useId();
  const [width, setWidth] = useState(String(sequence.width));
  const [height, setHeight] = useState(String(sequence.height));
  const [rate, setRate] = useState(formatFrameRate(sequence.rate));
  const shape = shapeOf(width, height, rate);
  const own = formatFrameRate(sequence.rate);
  const offered = [...new Set([own, ...[...rates, ...moreRates].map((each) => formatFrameRate(each))])].sort(
    (one, other) => fps(one) - fps(other),
  );
  const size = sizes.findIndex(([across, down]) => String(across) === width && String(down) === height);
  const same = shape !== undefined && shape.width === sequence.width && shape.height === sequence.height && rate === own;
  const apply = (): void => {
    if (shape === undefined || same) return;
    const refused = store.getState().conformTo(shape);
    store.getState().announce(words.outcome({ key: 'conform' }, refused));
    onDone();
  };
  return (
    <form
      className={dialogStyles.form}
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <div className={styles.fields}>
        <div className={field.field}>
          <label className={field.label} htmlFor={`${id}-size`}>
            {t('size')}
          </label>
          <select
            id={`${id}-size`}
            className={styles.select}
            value={size}
            onChange={(event) => {
              const chosen = sizes.at(Number(event.target.value));
              if (chosen === undefined || event.target.value === '-1') return;
              setWidth(String(chosen[0]));
              setHeight(String(chosen[1]));
            }}
          >
            {size === -1 && <option value={-1}>{t('ownSize')}</option>}
            {sizes.map(([across, down], at) => (
              <option key={at} value={at}>
                {t('sizeOf', { width: String(across), height: String(down) })}
              </option>
            ))}
          </select>
        </div>
        <div className={field.field}>
          <label className={field.label} htmlFor={`${id}-rate`}>
            {t('rate')}
          </label>
          <select id={`${id}-rate`} className={styles.select} value={rate} onChange={(event) => setRate(event.target.value)}>
            {offered.map((each) => (
              <option key={each} value={each}>
                {t('rateOf', { rate: fps(each) })}
              </option>
            ))}
          </select>
        </div>
        {(
          [
            ['width', width, setWidth],
            ['height', height, setHeight],
          ] as const
        ).map(([name, value, set]) => (
          <div key={name} className={field.field} data-invalid={shape === undefined && !isSide(value)}>
            <label className={field.label} htmlFor={`${id}-${name}`}>
              {t(name)}
            </label>
            <span className={field.number}>
              <input
                id={`${id}-${name}`}
                type="number"
                inputMode="numeric"
                min={side.least}
                max={side.most}
                value={value}
                aria-invalid={!isSide(value)}
                onChange={(event) => set(event.target.value)}
              />
              <span className={field.unit} aria-hidden="true">
                px
              </span>
            </span>
          </div>
        ))}
      </div>
      <Changes sequence={sequence} shape={shape} same={same} />
      <footer className={styles.foot}>
        <Button onClick={onDone}>{t('keep')}</Button>
        <Button type="submit" kind="primary" disabled={shape === undefined || same}>
          {t('change')}
        </Button>
      </footer>
    </form>
  );
}

interface ChangesProps {
  readonly sequence: Sequence;
  /** Undefined of numbers that no sequence has. */
  readonly shape: SequenceShape | undefined;
  readonly same: boolean;
}

/** What the change would do to what is there, in words. */
function Changes({ sequence, shape, same }: ChangesProps) {
  const t = useTranslations('timeline.sequence');
  const { decimal } = useUnits();
  if (shape === undefined) {
    return (
      <p className={field.issue} role="alert">
        {t('wrongSide', { least: String(side.least), most: String(side.most) })}
      </p>
    );
  }
  if (same) return <p className={styles.note}>{t('same')}</p>;
  if (sequenceFrames(sequence) === 0 && sequence.markers.length === 0) return <p className={styles.note}>{t('nothingThere')}</p>;
  const { frames, clips, moved, most, keyframesLost, markersMet, aspect } = conformReport(sequence, shape);
  const [before, after] = [formatTimecode(frames.before, sequence.rate), formatTimecode(frames.after, shape.rate)];
  const changesRate = formatFrameRate(shape.rate) !== formatFrameRate(sequence.rate);
  const changesSize = shape.width !== sequence.width || shape.height !== sequence.height;
  const lines = [
    ...(changesRate
      ? [
          before === after ? t('sameLength', { length: after }) : t('length', { before, after }),
          moved === 0 ? t('clipsStay', { count: clips }) : t('clipsMove', { count: moved, total: clips, time: decimal(most * 1000, 1) }),
        ]
      : []),
    ...(keyframesLost > 0 ? [t('keyframesLost', { count: keyframesLost })] : []),
    ...(markersMet > 0 ? [t('markersMet', { count: markersMet })] : []),
    ...(changesSize ? [t(aspect ? 'aspect' : 'scaled')] : []),
  ];
  return (
    <section className={styles.changes} aria-live="polite">
      <h3 className={styles.title}>{t('changes')}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p className={styles.note}>{t('undone')}</p>
    </section>
  );
}

const fps = (rate: string): number => toNumber(parseFrameRate(rate));
const isSide = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= side.least && Number(text) <= side.most;

function shapeOf(width: string, height: string, rate: string): SequenceShape | undefined {
  return isSide(width) && isSide(height) ? { width: Number(width), height: Number(height), rate: parseFrameRate(rate) } : undefined;
}
