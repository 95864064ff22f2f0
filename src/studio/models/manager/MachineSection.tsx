import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../components/Button';
import { useProblemWords } from '../../i18n/use-problem-words';
import { useManager } from './use-manager';
import { useMachineRows, type MachineRow } from './use-machine-rows';
import field from '../../components/Field.module.css';
import styles from './Manager.module.css';

/** The device and its memory: what `aiprod doctor` says on the command line, to read and to copy into a report. */
export function MachineSection() {
  const t = useTranslations('models.machine');
  const wordsOf = useProblemWords();
  const machine = useManager((state) => state.machine);
  const askMachine = useManager((state) => state.askMachine);
  return (
    <details
      className={styles.folded}
      onToggle={(event) => {
        if (event.currentTarget.open) void askMachine();
      }}
    >
      <summary>{t('title')}</summary>
      {machine.status === 'asking' && <p className={field.help}>{t('asking')}</p>}
      {machine.status === 'failed' && (
        <p className={field.issue} role="alert">
          {wordsOf(machine.problem).title}. {machine.problem.report}
        </p>
      )}
      {machine.status === 'known' && <MachineRows report={machine.report} />}
    </details>
  );
}

function MachineRows({ report }: Parameters<typeof useMachineRows>[0]) {
  const t = useTranslations('models.machine');
  const { facts, limits } = useMachineRows({ report });
  const [copied, setCopied] = useState<'no' | 'yes' | 'refused'>('no');
  const copy = async (): Promise<void> => {
    const text = [...facts, ...limits].map(({ name, value }) => `${name}: ${value}`).join('\n');
    try {
      await navigator.clipboard.writeText(text);
      setCopied('yes');
    } catch (error) {
      console.warn(`machine: the report was not copied: ${String(error)}`);
      setCopied('refused');
    }
  };
  return (
    <>
      <Rows rows={facts} />
      <details className={styles.files}>
        <summary>{t('limits')}</summary>
        <Rows rows={limits} />
      </details>
      <div className={styles.offerEnd}>
        <Button size="small" icon="copy" onClick={() => void copy()}>
          {t('copy')}
        </Button>
        <p className={field.help} role="status">
          {copied === 'no' ? '' : t(copied === 'yes' ? 'copied' : 'notCopied')}
        </p>
      </div>
    </>
  );
}

function Rows({ rows }: { readonly rows: readonly MachineRow[] }) {
  return (
    <dl className={styles.machine}>
      {rows.map(({ name, value }) => (
        <div key={name}>
          <dt data-content>{name}</dt>
          <dd data-content>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
