import { useRef } from 'react';
import { useFormatter, useTranslations } from 'use-intl';
import type { GeneratorDescription } from '../../../pipelines';
import type { ModelListing } from '../../../../workers';
import { Button, IconButton } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { Facts, useModelTitle } from '../../components/ModelSection';
import { SureDialog } from '../../components/SureDialog';
import { useUnits } from '../../i18n/use-units';
import { useStudio } from '../../state/context';
import { FailureWords } from './FailureWords';
import { FileChecks } from './FileChecks';
import { NeedsWords } from './NeedsWords';
import { TaskProgress } from './TaskProgress';
import { useManager } from './use-manager';
import named from '../../components/Named.module.css';
import styles from './Manager.module.css';

export interface ModelRowProps {
  readonly listing: ModelListing;
  /** Of the model in use. */
  readonly description: GeneratorDescription;
  /** Whether a clip is being made. */
  readonly running: boolean;
}

/** A model: what it is and needs, and what can be done with it. */
export function ModelRow({ listing, description, running }: ModelRowProps) {
  const { name, state } = listing;
  const chosen = useStudio((store) => store.model === name);
  const task = useManager((manager) => (manager.task?.name === name ? manager.task : undefined));
  const failure = useManager((manager) => (manager.failure?.name === name ? manager.failure : undefined));
  const needs = useManager((manager) => manager.needs[name]);
  return (
    <li className={styles.row} data-chosen={chosen}>
      <div className={styles.head}>
        <Choice {...{ listing, description, chosen, running }} isFetched={task?.kind === 'fetch'} />
        <Actions listing={listing} isAtWork={task !== undefined} running={running} />
      </div>
      <div className={styles.more}>
        {state === 'whole' && <NeedsWords needs={needs} />}
        {task !== undefined && <TaskProgress task={task} />}
        {failure !== undefined && <FailureWords failure={failure} from={listing.from} />}
        {state === 'whole' && <FileChecks listing={listing} />}
      </div>
    </li>
  );
}

interface ChoiceProps extends ModelRowProps {
  readonly chosen: boolean;
  /** Whether it is on its way just now. */
  readonly isFetched: boolean;
}

function Choice({ listing, description, chosen, running, isFetched }: ChoiceProps) {
  const t = useTranslations('models');
  const { bytes: bytesWords } = useUnits();
  const modelTitle = useModelTitle();
  const format = useFormatter();
  const { name, origin, state, bytes, totalBytes, licence, from, added, acceptance, check } = listing;
  const opening = useStudio(({ modelWork }) => modelWork.status === 'opening' && modelWork.name === name);
  const chooseModel = useStudio((store) => store.chooseModel);
  const family = useManager(({ needs }) => {
    const own = needs[name];
    return own?.status === 'known' ? own.family : undefined;
  });
  const begun = state === 'begun';
  const size = chosen ? (bytes ?? description.model.weightBytes) : bytes;
  const day = (moment: string): string => format.dateTime(new Date(moment), { dateStyle: 'medium' });
  const arrived = bytesWords(bytes ?? 0);
  const facts = [
    ...(opening ? [t('isOpening')] : []),
    ...(begun && !isFetched
      ? [totalBytes === undefined ? t('begun', { arrived }) : t('begunOf', { arrived, total: bytesWords(totalBytes) })]
      : []),
    ...(chosen ? [description.model.family] : family === undefined ? [] : [family]),
    ...(begun || size === undefined ? [] : [bytesWords(size)]),
    ...(begun && licence === undefined ? [] : [licence ?? t('noLicence')]),
    from !== undefined && from !== name && origin === 'folder' ? t('origin.named', { folder: from }) : t(`origin.${origin}`),
  ];
  const history = [
    ...(from !== undefined && origin === 'stored' ? [from] : []),
    ...(added === undefined ? [] : [t('fetchedOn', { day: day(added) })]),
    ...(acceptance === undefined ? [] : [t('agreedOn', { day: day(acceptance.at) })]),
    ...(check === undefined
      ? origin === 'stored' && !begun
        ? [t('neverVerified')]
        : []
      : [check.damaged.length === 0 ? t('verifiedOn', { day: day(check.at) }) : t('damagedOn', { day: day(check.at) })]),
  ];
  return (
    <button
      type="button"
      className={styles.choice}
      aria-pressed={chosen}
      aria-disabled={running || begun}
      onClick={() => {
        if (!running && !begun && !chosen) void chooseModel(name);
      }}
    >
      <span className={styles.mark} aria-hidden="true">
        {chosen && <Icon name="check" size={16} />}
        {begun && <Icon name="download" size={16} />}
      </span>
      <span className={named.words}>
        <span className={named.name}>
          {modelTitle(name)}
          {chosen && <span className={styles.badge}>{t('inUse')}</span>}
        </span>
        <Facts>{facts}</Facts>
        {history.length > 0 && <Facts>{history}</Facts>}
      </span>
    </button>
  );
}

interface ActionsProps {
  readonly listing: ModelListing;
  /** Whether something is being done with its files. */
  readonly isAtWork: boolean;
  readonly running: boolean;
}

function Actions({ listing, isAtWork, running }: ActionsProps) {
  const t = useTranslations('models');
  const { bytes: bytesWords } = useUnits();
  const sure = useRef<HTMLDialogElement>(null);
  const { name, origin, state, bytes = 0, from } = listing;
  const busy = useManager((manager) => manager.task !== undefined);
  const goOn = useManager((manager) => manager.goOn);
  const verify = useManager((manager) => manager.verify);
  const remove = useManager((manager) => manager.remove);
  const waiting = useStudio(({ queue }) => queue.filter(({ job, state: own }) => own !== 'running' && job.model === name).length);
  const makesClip = useStudio(({ run }) => run.status === 'running' && run.job.model === name);
  if (origin === 'embedded' || origin === 'host') return null;
  if (origin === 'folder') {
    return (
      <div className={styles.actions}>
        {!isAtWork && (
          <Button size="small" icon="check" aria-label={t('verifyNamed', { name })} aria-disabled={busy} onClick={() => void verify(name)}>
            {t('verify')}
          </Button>
        )}
        <IconButton icon="close" label={t('closeFolder', { name })} aria-disabled={running} onClick={() => running || void remove(name)} />
      </div>
    );
  }
  const begun = state === 'begun';
  return (
    <div className={styles.actions}>
      {begun && from !== undefined && !isAtWork && (
        <Button
          size="small"
          icon="download"
          aria-label={t('goOnNamed', { name })}
          aria-disabled={busy}
          onClick={() => void goOn(name, from)}
        >
          {t('goOn')}
        </Button>
      )}
      {!begun && !isAtWork && (
        <Button size="small" icon="check" aria-label={t('verifyNamed', { name })} aria-disabled={busy} onClick={() => void verify(name)}>
          {t('verify')}
        </Button>
      )}
      {!isAtWork && (
        <IconButton
          icon="trash"
          label={t(begun ? 'discard' : 'remove', { name })}
          // A model that makes a clip is refused in words, without a question first.
          onClick={() => (makesClip ? void remove(name) : sure.current?.showModal())}
        />
      )}
      <SureDialog
        dialog={sure}
        question={t(begun ? 'sure.discard' : 'sure.remove', { name })}
        no={t('sure.no')}
        yes={t('sure.yes', { bytes: bytesWords(bytes) })}
        onYes={() => void remove(name)}
      >
        <p>
          {t(begun ? 'sure.discardWords' : 'sure.removeWords', { bytes: bytesWords(bytes) })}
          {waiting > 0 && ` ${t('sure.waiting', { count: waiting })}`}
        </p>
      </SureDialog>
    </div>
  );
}
