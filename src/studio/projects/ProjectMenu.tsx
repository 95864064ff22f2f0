import { useId, useRef, useState } from 'react';
import { useFormatter, useTranslations } from 'use-intl';
import { Button, IconButton } from '../components/Button';
import { FileInput } from '../components/FileInput';
import { Icon } from '../components/Icon';
import { SureDialog } from '../components/SureDialog';
import { useStudio } from '../state/context';
import { StorageSection } from '../storage/StorageSection';
import field from '../components/Field.module.css';
import menu from '../components/HeaderMenu.module.css';
import type { ProjectAbout } from './saved-project';
import styles from './ProjectMenu.module.css';

/** The project at hand: its name, whether it is kept, and the ways to others. */
export function ProjectMenu() {
  const t = useTranslations('project');
  const panelId = useId();
  const name = useStudio((state) => state.project.name);
  const status = useStudio((state) => state.saving.status);
  const refreshProjects = useStudio((state) => state.refreshProjects);
  const measureStorage = useStudio((state) => state.measureStorage);
  const shown = name === '' ? t('untitled') : name;
  const words = t(`status.${status}`);
  return (
    <>
      <button
        type="button"
        className={`${menu.button} ${styles.button}`}
        popoverTarget={panelId}
        aria-label={t('menu', { name: shown, status: words })}
      >
        <Icon name="save" size={18} />
        <span className={styles.name}>{shown}</span>
        <span className={`${menu.dot} ${styles.dot}`} data-status={status} aria-hidden="true" />
      </button>
      <div
        id={panelId}
        popover="auto"
        className={`${menu.panel} ${styles.panel}`}
        role="dialog"
        aria-label={t('title')}
        onToggle={(event) => {
          if (event.newState !== 'open') return;
          void refreshProjects();
          void measureStorage();
        }}
      >
        <NameField key={name} name={name} />
        <p className={styles.status} role="status">
          <span className={`${menu.dot} ${styles.dot}`} data-status={status} aria-hidden="true" />
          {words}
        </p>
        <Ways />
        <SavedProjects />
        <StorageSection />
      </div>
    </>
  );
}

function NameField({ name }: { readonly name: string }) {
  const t = useTranslations('project');
  const id = useId();
  const renameProject = useStudio((state) => state.renameProject);
  const [typed, setTyped] = useState(name);
  const keep = (): void => {
    if (typed.trim() !== name) renameProject(typed);
  };
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={field.label}>
        {t('name')}
      </label>
      <input
        id={id}
        className={field.text}
        type="text"
        maxLength={500}
        placeholder={t('untitled')}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === 'Enter') keep();
        }}
      />
    </div>
  );
}

function Ways() {
  const t = useTranslations('project');
  const input = useRef<HTMLInputElement>(null);
  const newProject = useStudio((state) => state.newProject);
  const openProjectFile = useStudio((state) => state.openProjectFile);
  const saveProjectAs = useStudio((state) => state.saveProjectAs);
  const duplicateProject = useStudio((state) => state.duplicateProject);
  return (
    <div className={styles.ways}>
      <Button icon="add" onClick={() => void newProject()}>
        {t('new')}
      </Button>
      <Button icon="folder" onClick={() => input.current?.click()}>
        {t('open')}
      </Button>
      <Button icon="download" onClick={() => void saveProjectAs()}>
        {t('saveAs')}
      </Button>
      <Button icon="copy" onClick={() => void duplicateProject()}>
        {t('duplicate')}
      </Button>
      <FileInput
        input={input}
        label={t('fileInput')}
        accept=".aiprod,.json,application/json,application/zip"
        onFiles={([file]) => void openProjectFile(file, file.name)}
      />
    </div>
  );
}

/** Projects in the list; older ones are found by opening their files, or by deleting newer ones. */
const mostListed = 50;

function SavedProjects() {
  const t = useTranslations('project');
  const headingId = useId();
  const current = useStudio((state) => state.project.id);
  const saved = useStudio((state) => state.savedProjects);
  const others = saved.filter(({ id }) => id !== current).slice(0, mostListed);
  return (
    <section aria-labelledby={headingId} className={styles.recent}>
      <h3 id={headingId} className={field.label}>
        {t('recent')}
      </h3>
      {others.length === 0 ? (
        <p className={field.help}>{t('noRecent')}</p>
      ) : (
        <ul className={styles.list}>
          {others.map((about) => (
            <SavedProject key={about.id} about={about} />
          ))}
        </ul>
      )}
    </section>
  );
}

function SavedProject({ about: { id, name, savedAt, clips } }: { readonly about: ProjectAbout }) {
  const t = useTranslations('project');
  const format = useFormatter();
  const dialog = useRef<HTMLDialogElement>(null);
  const openSavedProject = useStudio((state) => state.openSavedProject);
  const deleteProject = useStudio((state) => state.deleteProject);
  const [now] = useState(() => new Date());
  const shown = name === '' ? t('untitled') : name;
  return (
    <li className={styles.row}>
      <button type="button" className={styles.choice} onClick={() => void openSavedProject(id)}>
        <span className={styles.choiceName}>{shown}</span>
        <span className={styles.facts}>
          {t('clips', { count: clips })}
          {savedAt > 0 && <> · {t('savedAt', { when: format.relativeTime(new Date(savedAt), now) })}</>}
        </span>
      </button>
      <IconButton icon="trash" label={t('delete', { name: shown })} onClick={() => dialog.current?.showModal()} />
      <SureDialog
        dialog={dialog}
        question={t('deleteSure', { name: shown })}
        no={t('cancel')}
        yes={t('deleteYes')}
        onYes={() => void deleteProject(id)}
      />
    </li>
  );
}
