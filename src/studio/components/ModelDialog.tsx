import { useId, useRef, useState, type FormEvent, type RefObject } from 'react';
import type { GeneratorDescription } from '../../pipelines';
import type { ModelListing } from '../../../workers';
import type { WaitingFolder } from '../models/model-actions';
import { folderOfFiles, givesHandles, pickFolder } from '../models/pick-folder';
import { useStudio } from '../state/context';
import { formatBytes } from '../state/stage-timing';
import { Button, IconButton } from './Button';
import { Icon } from './Icon';
import { Facts, modelTitle, refusedWords } from './ModelSection';
import field from './Field.module.css';
import styles from './ModelDialog.module.css';

export interface ModelDialogProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
  readonly description: GeneratorDescription;
}

const places: Record<ModelListing['origin'], string> = {
  embedded: 'comes with the page',
  stored: 'stored in this browser',
  folder: 'from an opened folder',
};

/** All models at hand, and the ways to more: a folder, an address, a hub id. */
export function ModelDialog({ dialog, description }: ModelDialogProps) {
  const headingId = useId();
  const models = useStudio((state) => state.models);
  const folders = useStudio((state) => state.folders);
  const running = useStudio((state) => state.run.status === 'running');
  const work = useStudio((state) => state.modelWork);
  return (
    <dialog ref={dialog} className={styles.dialog} aria-labelledby={headingId}>
      <header className={styles.head}>
        <h2 id={headingId} className={styles.title}>
          Models
        </h2>
        <IconButton icon="close" label="Close" onClick={() => dialog.current?.close()} />
      </header>
      <div className={styles.body}>
        {running && <p className={styles.note}>A clip is being made: the model can be changed when it is done.</p>}
        <ul className={styles.list} aria-label="Models at hand">
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
              <strong>{work.problem.title}.</strong> {work.problem.report}
            </span>
          </div>
        )}
        <OpenFolder locked={running} />
        <FetchModel locked={running} />
      </div>
    </dialog>
  );
}

interface ModelRowProps {
  readonly listing: ModelListing;
  readonly description: GeneratorDescription;
  readonly locked: boolean;
}

function ModelRow({ listing, description, locked }: ModelRowProps) {
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
              ...(opening ? ['opening'] : []),
              ...(begun ? ['download not finished: fetch it again to go on'] : []),
              ...(chosen ? [description.model.family] : []),
              ...(weightBytes === undefined ? [] : [formatBytes(weightBytes)]),
              ...(begun ? [] : [licence ?? 'licence not stated']),
              from !== undefined && from !== name && origin === 'folder' ? `from the folder ${from}` : places[origin],
            ]}
          </Facts>
        </span>
      </button>
      {begun && from !== undefined && (
        <Button size="small" onClick={() => void fetchModel(from)}>
          Go on
        </Button>
      )}
      {origin !== 'embedded' && !locked && (
        <IconButton
          icon={origin === 'folder' ? 'close' : 'trash'}
          label={origin === 'folder' ? `Close ${name}; its files stay` : `Remove ${name} from this browser`}
          onClick={() => void removeModel(name)}
        />
      )}
    </li>
  );
}

function KnownFolderRow({ folder: { id, name, refused }, locked }: { readonly folder: WaitingFolder; readonly locked: boolean }) {
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
          <span className={styles.name}>Open {name} again</span>
          <Facts>{refused ? [refusedWords] : ['a folder of an earlier visit', 'the browser asks for your leave']}</Facts>
        </span>
      </button>
      <IconButton icon="close" label={`Forget the folder ${name}`} onClick={() => void forgetFolder(id)} />
    </li>
  );
}

/** A folder of the person's own disk; nothing of it is copied or uploaded. */
function OpenFolder({ locked }: { readonly locked: boolean }) {
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
        Open a folder
      </Button>
      <p id={helpId} className={field.help}>
        LTX-Video, LTX-2 or Wan 2.1 as a diffusers folder, or a checkpoint with its text encoder beside it. Or drop the folder anywhere on
        the page. Files are read where they lie: nothing is copied or uploaded.
      </p>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Folder of a model"
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
        <p className={styles.name}>Fetching {work.source}</p>
        <progress
          className={styles.progress}
          aria-label={`Fetching ${work.source}`}
          {...(totalBytes === undefined ? {} : { value: bytes, max: totalBytes })}
        />
        <p className={field.help}>
          {formatBytes(bytes)}
          {totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`}. Stopping keeps what has arrived.
        </p>
        <Button icon="stop" onClick={cancelFetch}>
          Stop
        </Button>
      </div>
    );
  }
  return (
    <form className={styles.way} onSubmit={submit}>
      <label htmlFor={id} className={field.label}>
        Fetch a model
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
          Fetch
        </Button>
      </div>
      <p id={`${id}-help`} className={field.help}>
        A hub id or the address of a weight file. It is stored in this browser, piece by piece with a hash for each; a download that was cut
        off goes on where it stopped.
      </p>
    </form>
  );
}
