import { useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../components/Button';
import { FileInput } from '../components/FileInput';
import { useStudio } from '../state/context';
import styles from './ProjectMenu.module.css';

/** What is to be told of the project at hand, above everything else. */
export default function ProjectNotices() {
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
