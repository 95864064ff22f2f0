import { useId, useRef, useState } from 'react';
import { useFormatter, useTranslations } from 'use-intl';
import { Button, IconButton } from '../components/Button';
import { FileInput } from '../components/FileInput';
import { Icon } from '../components/Icon';
import { SureDialog } from '../components/SureDialog';
import { useStudio } from '../state/context';
import { StorageSection } from '../storage/StorageSection';
import field from '../components/Field.module.css';
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
      <button type="button" className={styles.button} popoverTarget={panelId} aria-label={t('menu', { name: shown, status: words })}>
        <Icon name="save" size={18} />
        <span className={styles.name}>{shown}</span>
        <span className={styles.dot} data-status={status} aria-hidden="true" />
      </button>
      <div
        id={panelId}
        popover="auto"
        className={styles.panel}
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
          <span className={styles.dot} data-status={status} aria-hidden="true" />
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

/** What is to be told of the project at hand, above everything else. */
export function ProjectNotices() {
  const t = useTranslations('project.notice');
  const saving = useStudio((state) => state.saving);
  const problem = useStudio((state) => state.projectProblem);
  const lostSteps = useStudio((state) => state.lostSteps);
  const saveNow = useStudio((state) => state.saveNow);
  const saveProjectAs = useStudio((state) => state.saveProjectAs);
  const takeProject = useStudio((state) => state.takeProject);
  const dismiss = useStudio((state) => state.dismissProjectProblem);
  return (
    <>
      {saving.status === 'failed' && (
        <div className={styles.notice} data-tone="danger" role="alert">
          <p>
            <strong>{t('failed')}</strong> {saving.problem.report}
          </p>
          <Button size="small" onClick={() => void saveNow()}>
            {t('tryAgain')}
          </Button>
          <Button size="small" icon="download" onClick={() => void saveProjectAs()}>
            {t('saveFile')}
          </Button>
        </div>
      )}
      {saving.status === 'elsewhere' && (
        <div className={styles.notice} role="status">
          <p>
            <strong>{t('elsewhere')}</strong> {t('elsewhereWords')}
          </p>
          <Button size="small" onClick={() => void takeProject()}>
            {t('takeOver')}
          </Button>
        </div>
      )}
      {(problem !== undefined || lostSteps) && (
        <div className={styles.notice} role="alert">
          <p>{problem?.report ?? t('lostSteps')}</p>
          <Button size="small" onClick={dismiss}>
            {t('dismiss')}
          </Button>
        </div>
      )}
      <MissingMedia />
      <ClipElsewhere />
      <TakenRecipe />
    </>
  );
}

function MissingMedia() {
  const t = useTranslations('project.notice');
  const input = useRef<HTMLInputElement>(null);
  const missing = useStudio((state) => state.missingMedia);
  const media = useStudio((state) => state.project.media);
  const relinkMedia = useStudio((state) => state.relinkMedia);
  const [noneFound, setNoneFound] = useState(false);
  const names = media.filter(({ id }) => missing.includes(id)).map(({ name }) => name);
  if (names.length === 0) return null;
  return (
    <div className={styles.notice} role="status">
      <p>
        <strong>{t('missing', { count: names.length, names: names.slice(0, 3).join(', ') })}</strong>{' '}
        {noneFound ? t('noneFound') : t('missingWords')}
      </p>
      <Button size="small" icon="folder" onClick={() => input.current?.click()}>
        {t('relink')}
      </Button>
      <FileInput
        input={input}
        label={t('relinkInput')}
        multiple
        onFiles={(files) => void relinkMedia(files).then((given) => setNoneFound(given === 0))}
      />
    </div>
  );
}

/** Where a clip went whose project is not the one at hand any more. */
function ClipElsewhere() {
  const t = useTranslations('project.notice');
  const kept = useStudio((state) => state.madeElsewhere?.kept);
  const dismiss = useStudio((state) => state.dismissMadeElsewhere);
  const openSavedProject = useStudio((state) => state.openSavedProject);
  if (kept === undefined) return null;
  const { project, name, number } = kept;
  return (
    <div className={styles.notice} role="status">
      <p>{name === '' ? t('madeInUnnamed', { number }) : t('madeElsewhere', { number, name })}</p>
      <Button
        size="small"
        onClick={() => {
          dismiss();
          void openSavedProject(project);
        }}
      >
        {t('openProject')}
      </Button>
      <Button size="small" onClick={dismiss}>
        {t('dismiss')}
      </Button>
    </div>
  );
}

/** What came of the settings that a dropped clip carries. */
function TakenRecipe() {
  const t = useTranslations('project.recipe');
  const report = useStudio((state) => state.recipeReport);
  const dismissRecipe = useStudio((state) => state.dismissRecipe);
  if (report === undefined) return null;
  const { file, model, hasModel, weights, adapter, missing } = report;
  const same = weights !== undefined && weights.changed.length + weights.absent.length === 0;
  return (
    <div className={styles.notice} role="status">
      <p>
        {hasModel ? t('taken', { name: file }) : t('modelMissing', { model })} {same && <>{t('sameModel')} </>}
        {weights !== undefined && weights.changed.length > 0 && <>{t('changedModel', { files: weights.changed.join(', ') })} </>}
        {weights !== undefined && weights.absent.length > 0 && <>{t('absentModel', { files: weights.absent.join(', ') })} </>}
        {adapter.made === adapter.here ? t('sameAdapter') : t('otherAdapter', { made: adapter.made, here: adapter.here })}
        {missing.length > 0 && <> {t('missingInputs', { files: missing.join(', ') })}</>}
      </p>
      <Button size="small" onClick={dismissRecipe}>
        {t('dismiss')}
      </Button>
    </div>
  );
}
