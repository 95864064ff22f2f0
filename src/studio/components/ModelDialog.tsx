import { useId, useRef, useState, type FormEvent, type RefObject } from 'react';
import { useTranslations } from 'use-intl';
import type { GeneratorDescription } from '../../pipelines';
import type { ModelListing } from '../../../workers';
import type { WaitingFolder } from '../models/model-actions';
import { useProblemWords } from '../i18n/use-problem-words';
import { useUnits } from '../i18n/use-units';
import { folderOfFiles, givesHandles, pickFolder } from '../models/pick-folder';
import { useStudio } from '../state/context';
import { Button, IconButton } from './Button';
import { Dialog } from './Dialog';
import { Icon } from './Icon';
import { FitChecks } from './FitChecks';
import { Facts, useModelTitle } from './ModelSection';
import field from './Field.module.css';
import styles from './ModelDialog.module.css';

export interface ModelDialogProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly description: GeneratorDescription;
}

/** All models at hand, and the ways to more: a folder, an address, a hub id. */
export function ModelDialog({ dialog, description }: ModelDialogProps) {
  const t = useTranslations('models');
  const wordsOf = useProblemWords();
  const models = useStudio((state) => state.models);
  const folders = useStudio((state) => state.folders);
  const running = useStudio((state) => state.run.status === 'running');
  const work = useStudio((state) => state.modelWork);
  return (
    <Dialog dialog={dialog} title={t('title')} closeLabel={t('close')}>
      {running && <p className={styles.note}>{t('locked')}</p>}
      <ul className={styles.list} aria-label={t('atHand')}>
        {models.map((listing) => (
          <ModelRow key={listing.name} listing={listing} description={description} locked={running} />
        ))}
        {folders.map((folder) => (
          <KnownFolderRow key={folder.id} folder={folder} locked={running} />
        ))}
      </ul>
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
      <OpenFolder locked={running} />
      <FetchModel locked={running} />
      <FitChecks />
    </Dialog>
  );
}

interface ModelRowProps {
  readonly listing: ModelListing;
  readonly description: GeneratorDescription;
  readonly locked: boolean;
}

function ModelRow({ listing, description, locked }: ModelRowProps) {
  const t = useTranslations('models');
  const { bytes: bytesWords } = useUnits();
  const modelTitle = useModelTitle();
  const { name, origin, state, bytes, licence, from } = listing;
  const chosen = useStudio((store) => store.model === name);
  const opening = useStudio(({ modelWork }) => modelWork.status === 'opening' && modelWork.name === name);
  const chooseModel = useStudio((store) => store.chooseModel);
  const fetchModel = useStudio((store) => store.fetchModel);
  const removeModel = useStudio((store) => store.removeModel);
  const weightBytes = chosen ? description.model.weightBytes : bytes;
  const begun = state === 'begun';
  return (
    <li className={styles.row} data-chosen={chosen}>
      <button
        type="button"
        className={styles.choice}
        aria-pressed={chosen}
        aria-disabled={locked || begun}
        onClick={() => {
          if (!locked && !begun && !chosen) void chooseModel(name);
        }}
      >
        <span className={styles.mark} aria-hidden="true">
          {chosen && <Icon name="check" size={16} />}
        </span>
        <span className={styles.words}>
          <span className={styles.name}>{modelTitle(name)}</span>
          <Facts>
            {[
              ...(opening ? [t('isOpening')] : []),
              ...(begun ? [t('begun')] : []),
              ...(chosen ? [description.model.family] : []),
              ...(weightBytes === undefined ? [] : [bytesWords(weightBytes)]),
              ...(begun ? [] : [licence ?? t('noLicence')]),
              from !== undefined && from !== name && origin === 'folder' ? t('origin.named', { folder: from }) : t(`origin.${origin}`),
            ]}
          </Facts>
        </span>
      </button>
      {begun && from !== undefined && (
        <Button size="small" onClick={() => void fetchModel(from)}>
          {t('goOn')}
        </Button>
      )}
      {origin !== 'embedded' && !locked && (
        <IconButton
          icon={origin === 'folder' ? 'close' : 'trash'}
          label={t(origin === 'folder' ? 'closeFolder' : 'remove', { name })}
          onClick={() => void removeModel(name)}
        />
      )}
    </li>
  );
}

function KnownFolderRow({ folder: { id, name, refused }, locked }: { readonly folder: WaitingFolder; readonly locked: boolean }) {
  const t = useTranslations('models');
  const openKnownFolder = useStudio((state) => state.openKnownFolder);
  const forgetFolder = useStudio((state) => state.forgetFolder);
  return (
    <li className={styles.row}>
      <button
        type="button"
        className={styles.choice}
        aria-disabled={locked}
        onClick={() => {
          if (!locked) void openKnownFolder(id);
        }}
      >
        <span className={styles.mark} aria-hidden="true">
          <Icon name="folder" size={16} />
        </span>
        <span className={styles.words}>
          <span className={styles.name}>{t('openNamed', { name })}</span>
          <Facts>{refused ? [t('refused')] : [t('ofEarlierVisit'), t('asksLeave')]}</Facts>
        </span>
      </button>
      <IconButton icon="close" label={t('forget', { name })} onClick={() => void forgetFolder(id)} />
    </li>
  );
}

/** A folder of the person's own disk; nothing of it is copied or uploaded. */
function OpenFolder({ locked }: { readonly locked: boolean }) {
  const t = useTranslations('models');
  const helpId = useId();
  const openFolder = useStudio((state) => state.openFolder);
  const input = useRef<HTMLInputElement>(null);
  const open = async (): Promise<void> => {
    if (locked) return;
    if (!givesHandles()) return input.current?.click();
    const folder = await pickFolder();
    if (folder !== undefined) await openFolder(folder);
  };
  return (
    <div className={styles.way}>
      <Button icon="folder" aria-describedby={helpId} aria-disabled={locked} onClick={() => void open()}>
        {t('openFolder')}
      </Button>
      <p id={helpId} className={field.help}>
        {t('openFolderHelp')}
      </p>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t('folderInput')}
        // React does not know this attribute as a property.
        {...{ webkitdirectory: '' }}
        onChange={(event) => {
          const folder = folderOfFiles(event.target.files ?? []);
          event.target.value = '';
          if (folder !== undefined) void openFolder(folder);
        }}
      />
    </div>
  );
}

/** A model from the network, into the browser's own storage. */
function FetchModel({ locked }: { readonly locked: boolean }) {
  const t = useTranslations('models');
  const { bytes: bytesWords } = useUnits();
  const id = useId();
  const [source, setSource] = useState('');
  const work = useStudio((state) => state.modelWork);
  const fetchModel = useStudio((state) => state.fetchModel);
  const cancelFetch = useStudio((state) => state.cancelFetch);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!locked && source.trim() !== '') void fetchModel(source);
  };
  if (work.status === 'fetching') {
    const { bytes, totalBytes } = work;
    return (
      <div className={styles.way}>
        <p className={styles.name}>{t('fetching', { source: work.source })}</p>
        <progress
          className={styles.progress}
          aria-label={t('fetching', { source: work.source })}
          {...(totalBytes === undefined ? {} : { value: bytes, max: totalBytes })}
        />
        <p className={field.help}>
          {totalBytes === undefined
            ? t('arrived', { bytes: bytesWords(bytes) })
            : t('arrivedOf', { bytes: bytesWords(bytes), total: bytesWords(totalBytes) })}
        </p>
        <Button icon="stop" onClick={cancelFetch}>
          {t('stop')}
        </Button>
      </div>
    );
  }
  return (
    <form className={styles.way} onSubmit={submit}>
      <label htmlFor={id} className={field.label}>
        {t('fetchLabel')}
      </label>
      <div className={styles.address}>
        <input
          id={id}
          className={field.text}
          type="text"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          placeholder="Lightricks/LTX-Video"
          value={source}
          aria-describedby={`${id}-help`}
          onChange={(event) => setSource(event.target.value)}
        />
        <Button type="submit" icon="download" aria-disabled={locked || source.trim() === ''}>
          {t('fetch')}
        </Button>
      </div>
      <p id={`${id}-help`} className={field.help}>
        {t('fetchHelp')}
      </p>
    </form>
  );
}
