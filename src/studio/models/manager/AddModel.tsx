import { useId, useRef, useState, type FormEvent } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { useProblemWords } from '../../i18n/use-problem-words';
import { useShows, useStudio } from '../../state/context';
import { folderOfFiles, givesHandles, pickFolder } from '../pick-folder';
import { HubTokenSection } from './HubTokenSection';
import { OfferPanel } from './OfferPanel';
import { useManager } from './use-manager';
import { useOnline } from './use-online';
import field from '../../components/Field.module.css';
import styles from './Manager.module.css';

/** Models of the hub that the studio runs, to begin with. */
const suggestions = ['Lightricks/LTX-Video', 'Lightricks/LTX-2', 'Wan-AI/Wan2.1-T2V-1.3B-Diffusers'] as const;

/** The ways to more models: the network, looked at before it is fetched from, and a folder of one's own. */
export function AddModel({ running }: { readonly running: boolean }) {
  const downloads = useShows('downloads');
  return (
    <section className={styles.way}>
      {downloads && <LookUp />}
      <OpenFolder locked={running} />
      {downloads && <HubTokenSection />}
    </section>
  );
}

function LookUp() {
  const t = useTranslations('models');
  const wordsOf = useProblemWords();
  const id = useId();
  const online = useOnline();
  const [source, setSource] = useState('');
  const offer = useManager((state) => state.offer);
  const lookUp = useManager((state) => state.lookUp);
  const isFetched = useManager(({ task }) => task?.kind === 'fetch' && offer.status === 'known' && task.source === offer.offer.source);
  const looking = offer.status === 'looking';
  const idle = looking || source.trim() === '';
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!idle) void lookUp(source);
  };
  return (
    <>
      <form className={styles.lookUp} onSubmit={submit}>
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
            placeholder={suggestions[0]}
            value={source}
            aria-describedby={`${id}-help`}
            onChange={(event) => setSource(event.target.value)}
          />
          <Button type="submit" icon="search" aria-disabled={idle}>
            {t(looking ? 'lookingUp' : 'lookUp')}
          </Button>
        </div>
        <p id={`${id}-help`} className={field.help}>
          {t('fetchHelp')}
        </p>
        {source === '' && offer.status === 'none' && (
          <ul className={styles.suggestions} aria-label={t('suggestions')}>
            {suggestions.map((own) => (
              <li key={own}>
                <Button size="small" kind="quiet" onClick={() => setSource(own)}>
                  {own}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </form>
      {!online && (
        <p className={styles.caution} role="status">
          <Icon name="alert" size={18} />
          {t('offline')}
        </p>
      )}
      {offer.status === 'failed' && (
        <div className={field.issue} role="alert">
          <span>
            <strong>{wordsOf(offer.problem).title}.</strong> {offer.problem.report}
          </span>
          <Button size="small" icon="reset" onClick={() => void lookUp(offer.source)}>
            {t('failure.retry')}
          </Button>
        </div>
      )}
      {offer.status === 'known' && !isFetched && <OfferPanel offer={offer.offer} agreed={offer.agreed} />}
    </>
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
    <div className={styles.ownFolder}>
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
