import { useEffect, useId, useState, type ReactNode, type RefObject } from 'react';
import { useTranslations } from 'use-intl';
import { formatFrameRate, parseFrameRate, type FormatReport } from '../../../media';
import { sequenceFrames, toNumber } from '../../../project';
import { Button } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import { useProblemWords } from '../../i18n/use-problem-words';
import { useUnits } from '../../i18n/use-units';
import { useStudio, useStudioStore } from '../../state/context';
import { problemOf, type Problem } from '../../state/problem';
import field from '../../components/Field.module.css';
import {
  exportedSize,
  exportSettings,
  heights,
  loudnessNames,
  offeredFormats,
  possible,
  presetDraft,
  presets,
  qualities,
  rates,
  type ExportDraft,
} from './export-settings';
import { pickTarget } from './pick-target';
import dialogStyles from '../../components/Dialog.module.css';
import styles from './ExportDialog.module.css';

/** What is to be written, of which the browser can do everything that it offers; then where. */
export function ExportDialog({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  const t = useTranslations('export');
  const reports = useFormats();
  return (
    <Dialog dialog={dialog} title={t('title')} closeLabel={t('close')} size="large">
      {reports === undefined ? (
        <p className={styles.asking} aria-busy="true">
          {t('asking')}
        </p>
      ) : (
        <ExportForm reports={reports} onStarted={() => dialog.current?.close()} />
      )}
    </Dialog>
  );
}

/** What this browser writes; asked once the dialog is there. */
function useFormats(): readonly FormatReport[] | undefined {
  const store = useStudioStore();
  const [reports, setReports] = useState<readonly FormatReport[]>();
  useEffect(() => {
    // A worker that cannot start says so where its picture is missed.
    store
      .getState()
      .editor()
      .formats()
      .then(setReports, () => undefined);
  }, [store]);
  return reports;
}

function ExportForm({ reports, onStarted }: { readonly reports: readonly FormatReport[]; readonly onStarted: () => void }) {
  const t = useTranslations('export');
  const wordsOf = useProblemWords();
  const store = useStudioStore();
  const sequence = useStudio((state) => state.edited.sequence);
  const range = useStudio((state) => state.range);
  const projectName = useStudio((state) => state.project.name);
  const [draft, setDraft] = useState<ExportDraft>(() => presetDraft('share', reports));
  const [problem, setProblem] = useState<Problem>();
  const frames = sequenceFrames(sequence);
  const marked = draft.range === 'marked' && range !== undefined;
  const part = marked ? { start: range.start, end: Math.min(frames, range.end) } : { start: 0, end: frames };
  const report = reports.find(({ format }) => format === draft.format);
  const change = (next: Partial<ExportDraft>): void => setDraft(possible({ ...draft, ...next }, reports));
  const name = fileName(projectName === '' ? t('fileName') : projectName);

  const start = async (): Promise<void> => {
    try {
      const { project, startExport, pickExport = pickTarget } = store.getState();
      const target = await pickExport(name, draft.format);
      if (target === undefined) return;
      startExport(
        target.kind === 'file' ? target.handle.name : (target.name ?? name),
        exportSettings(draft, { sequence, ...part, record: { project: { ...project, sequence } } }),
        target,
      );
      onStarted();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };

  return (
    <form
      className={dialogStyles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <div className={styles.presets} role="group" aria-label={t('presets.label')}>
        {presets.map((preset) => (
          <button key={preset} type="button" className={styles.preset} onClick={() => setDraft(presetDraft(preset, reports))}>
            <strong>{t(`presets.${preset}.name`)}</strong>
            <span>{t(`presets.${preset}.for`)}</span>
          </button>
        ))}
      </div>
      <div className={styles.fields}>
        <Choice
          label={t('format')}
          value={draft.format}
          options={offeredFormats(reports).map((format) => [format, t(`formats.${format}`)])}
          onChoose={(format) => change({ format })}
        />
        {(report?.codecs.length ?? 0) > 0 && (
          <Choice
            label={t('codec')}
            value={draft.codec ?? 'h264'}
            options={(report?.codecs ?? []).map((codec) => [codec, t(`codecs.${codec}`)])}
            onChoose={(codec) => change({ codec })}
          />
        )}
        <Choice
          label={t('size')}
          value={String(draft.height)}
          options={[
            ['as-is', t('sizeAsIs', { width: sequence.width, height: sequence.height })],
            ...heights
              .filter((height) => height < sequence.height)
              .map((height) => [String(height), t('sizeOf', exportedSize({ format: draft.format, height }, sequence))] as const),
          ]}
          onChoose={(height) => change({ height: height === 'as-is' ? height : Number(height) })}
        />
        <Choice
          label={t('rate')}
          value={draft.rate === 'as-is' ? draft.rate : formatFrameRate(draft.rate)}
          options={[
            ['as-is', t('rateAsIs', { rate: toNumber(sequence.rate) })],
            ...rates.map((rate) => [formatFrameRate(rate), t('rateOf', { rate: toNumber(rate) })] as const),
          ]}
          onChoose={(rate) => change({ rate: rate === 'as-is' ? rate : parseFrameRate(rate) })}
        />
        <Choice
          label={t('range')}
          value={marked ? 'marked' : 'whole'}
          options={[
            ['whole', t('whole')],
            ...(range === undefined ? [] : [['marked', t('marked', { first: range.start + 1, last: range.end })] as const]),
          ]}
          onChoose={(chosen) => change({ range: chosen === 'marked' ? 'marked' : 'whole' })}
        />
        {(report?.codecs.length ?? 0) > 0 && (
          <Choice
            label={t('quality')}
            value={draft.quality}
            options={qualities.map((quality) => [quality, t(`qualities.${quality}`)])}
            onChoose={(quality) => change({ quality })}
          />
        )}
        {(report?.audioCodecs.length ?? 0) > 0 && (
          <>
            <Choice
              label={t('sound')}
              value={draft.audioCodec}
              options={[...(report?.audioCodecs ?? []).map((codec) => [codec, t(`sounds.${codec}`)] as const), ['none', t('sounds.none')]]}
              onChoose={(audioCodec) => change({ audioCodec })}
            />
            <Choice
              label={t('loudness')}
              value={draft.loudness}
              options={[['as-is', t('loudnessAsIs')], ...loudnessNames.map((name) => [name, t(`loudnesses.${name}`)] as const)]}
              onChoose={(loudness) => change({ loudness })}
            />
          </>
        )}
      </div>
      {problem !== undefined && (
        <p className={field.issue} role="alert">
          {wordsOf(problem).title} {problem.report}
        </p>
      )}
      <footer className={styles.foot}>
        <Summary draft={draft} frames={part.end - part.start} />
        <Button type="submit" kind="primary" icon="download" aria-disabled={frames === 0} disabled={frames === 0}>
          {t('start')}
        </Button>
      </footer>
    </form>
  );
}

function Summary({ draft, frames }: { readonly draft: ExportDraft; readonly frames: number }) {
  const t = useTranslations('export');
  const { seconds } = useUnits();
  const sequence = useStudio((state) => state.edited.sequence);
  if (frames === 0) return <p className={styles.summary}>{t('nothing')}</p>;
  const rate = draft.rate === 'as-is' ? sequence.rate : draft.rate;
  return (
    <p className={styles.summary}>
      {t('summary', { ...exportedSize(draft, sequence), rate: toNumber(rate), duration: seconds(frames / toNumber(sequence.rate), 1) })}
    </p>
  );
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: NoInfer<Value>;
  readonly options: readonly (readonly [Value, string])[];
  readonly onChoose: (value: Value) => void;
}

function Choice<Value extends string>({ label, value, options, onChoose }: ChoiceProps<Value>): ReactNode {
  const id = useId();
  return (
    <div className={field.field}>
      <label className={field.label} htmlFor={id}>
        {label}
      </label>
      <select id={id} className={styles.select} value={value} onChange={(event) => onChoose(options[event.target.selectedIndex][0])}>
        {options.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A name that every file system takes. */
function fileName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '');
  return plain === '' ? 'aiprod' : plain.slice(0, 80).toLowerCase();
}
