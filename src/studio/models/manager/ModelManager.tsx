import { useEffect, useRef } from 'react';
import { useTranslations } from 'use-intl';
import type { GeneratorDescription } from '../../../pipelines';
import type { ModelListing } from '../../../../workers';
import { Dialog } from '../../components/Dialog';
import { useModelTitle } from '../../components/ModelSection';
import { Icon } from '../../components/Icon';
import { useProblemWords } from '../../i18n/use-problem-words';
import { useUnits } from '../../i18n/use-units';
import { useStudio } from '../../state/context';
import { AddModel } from './AddModel';
import { KnownFolderRow } from './KnownFolderRow';
import { MachineSection } from './MachineSection';
import { needsKey, type ModelTask } from './manager-store';
import { ModelRow } from './ModelRow';
import { ModelStorage } from './ModelStorage';
import { ReleasedModels } from './ReleasedModels';
import { useManager } from './use-manager';
import field from '../../components/Field.module.css';
import styles from './Manager.module.css';

export interface ModelManagerProps {
  readonly description: GeneratorDescription;
  readonly onClose: () => void;
}

/** Every model that the page has and what it needs, the ways to more, and the machine that they run on. Opens itself. */
export function ModelManager({ description, onClose }: ModelManagerProps) {
  const t = useTranslations('models');
  const dialog = useRef<HTMLDialogElement>(null);
  const wordsOf = useProblemWords();
  const models = useStudio((state) => state.models);
  const folders = useStudio((state) => state.folders);
  const running = useStudio((state) => state.run.status === 'running');
  const work = useStudio((state) => state.modelWork);
  const task = useManager((state) => state.task);
  useEffect(() => dialog.current?.showModal(), []);
  useNeeds(models, running);
  const rows = withFetched(models, task);
  return (
    <Dialog dialog={dialog} title={t('title')} closeLabel={t('close')} size="wide" onClose={onClose}>
      {running && <p className={styles.note}>{t('locked')}</p>}
      <section className={styles.part} aria-label={t('atHand')}>
        <ModelStorage />
        <Told />
        <ul className={styles.list} aria-label={t('atHand')}>
          {rows.map((listing) => (
            <ModelRow key={listing.name} listing={listing} description={description} running={running} />
          ))}
          {folders.map((folder) => (
            <KnownFolderRow key={folder.id} folder={folder} locked={running} />
          ))}
        </ul>
        {rows.length + folders.length === 1 && (
          <p className={styles.empty}>
            <Icon name="model" size={18} />
            {t('onlyBuiltIn')}
          </p>
        )}
        {work.status === 'failed' && (
          <div className={field.issue} role="alert">
            <span>
              {t.rich('failed', {
                ...{ title: wordsOf(work.problem).title, report: work.problem.report },
                strong: (words) => <strong>{words}</strong>,
              })}
            </span>
          </div>
        )}
      </section>
      <AddModel running={running} />
      <ReleasedModels />
      <MachineSection />
    </Dialog>
  );
}

/** The models that are listed, and the one that is on its way and not listed yet. */
function withFetched(models: readonly ModelListing[], task: ModelTask | undefined): readonly ModelListing[] {
  if (task?.kind !== 'fetch' || models.some(({ name }) => name === task.name)) return models;
  const { name, source: from, bytes, totalBytes } = task;
  const begun: ModelListing = { name, origin: 'stored', state: 'begun', bytes, ...(from === undefined ? {} : { from }) };
  return [...models, totalBytes === undefined ? begun : { ...begun, totalBytes }];
}

/** Asks of each model that is whole or offered what it needs, whenever what decides it changed; a run at work is not disturbed. */
function useNeeds(models: readonly ModelListing[], running: boolean): void {
  const askNeeds = useManager((state) => state.askNeeds);
  const needsFor = useManager((state) => state.needsFor);
  const offered = useManager(({ offer }) =>
    offer.status === 'known' && offer.offer.stored !== 'whole' ? offer.offer.readName : undefined,
  );
  const names = [...models.filter(({ state }) => state === 'whole').map(({ name }) => name), ...(offered === undefined ? [] : [offered])];
  const stale = useStudio((state) => names.find((name) => needsFor[name] !== needsKey(state, name)));
  useEffect(() => {
    if (stale !== undefined && !running) void askNeeds(stale);
  }, [stale, running, askNeeds]);
}

/** What went well, said once. */
function Told() {
  const t = useTranslations('models');
  const { bytes } = useUnits();
  const modelTitle = useModelTitle();
  const told = useManager((state) => state.told);
  return (
    <div role="status" className={told === undefined ? undefined : styles.told}>
      {told !== undefined && (
        <>
          <Icon name="check" size={18} />
          {told.kind === 'freed'
            ? t('told.freed', { name: told.name, bytes: bytes(told.bytes) })
            : t(`told.${told.kind}`, { name: modelTitle(told.name) })}
        </>
      )}
    </div>
  );
}
