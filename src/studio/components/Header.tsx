import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { useProblemWords } from '../i18n/use-problem-words';
import { useUnits } from '../i18n/use-units';
import { useShows, useStudio } from '../state/context';
import type { Environment } from '../state/studio-store';
import { shownWorkspaces } from '../state/ui';
import { ProjectMenu } from '../projects/ProjectMenu';
import { Icon } from './Icon';
import { PreferencesButton } from './PreferencesButton';
import styles from './Header.module.css';
import menu from './HeaderMenu.module.css';

export interface HeaderProps {
  readonly offlineReady: boolean;
}

export function Header({ offlineReady }: HeaderProps) {
  return (
    <header className={styles.header}>
      <h1 className={styles.name}>
        <Mark />
        AIPROD <span>Studio</span>
      </h1>
      <WorkspaceTabs />
      <div className={styles.tools}>
        {useShows('projects') && <ProjectMenu />}
        {useShows('machine') && <AdapterReportButton offlineReady={offlineReady} />}
        {useShows('preferences') && <PreferencesButton />}
      </div>
    </header>
  );
}

function WorkspaceTabs() {
  const t = useTranslations('shell');
  const open = useStudio((state) => state.workspace);
  const openWorkspace = useStudio((state) => state.openWorkspace);
  const workspaces = useStudio(shownWorkspaces);
  if (workspaces.length === 1) return null;
  return (
    <nav className={styles.workspaces} aria-label={t('workspaces')}>
      {workspaces.map((workspace) => (
        <button
          key={workspace}
          type="button"
          className={styles.workspace}
          aria-current={workspace === open ? 'page' : undefined}
          onClick={() => openWorkspace(workspace)}
        >
          {t(workspace)}
        </button>
      ))}
    </nav>
  );
}

/** A disc that comes out of the noise as it moves. */
function Mark() {
  return (
    <svg width="1.625rem" height="1.625rem" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className={styles.ground} width="32" height="32" rx="8" />
      <circle className={styles.disc} cx="9.5" cy="20.5" r="4.5" opacity="0.28" />
      <circle className={styles.disc} cx="14.500" cy="17" r="5" opacity="0.55" />
      <circle className={styles.disc} cx="20.500" cy="13" r="5.5" />
    </svg>
  );
}

/** Which adapter works here, said aloud; opens what that means. */
function AdapterReportButton({ offlineReady }: { readonly offlineReady: boolean }) {
  const panelId = useId();
  const environment = useStudio((state) => state.environment);
  const t = useTranslations('machine');
  const { tone, words } = useSummary(environment);
  return (
    <>
      <button
        type="button"
        className={`${menu.button} ${styles.adapter}`}
        data-tone={tone}
        popoverTarget={panelId}
        aria-label={t('adapterButton', { adapter: words })}
      >
        <span className={`${menu.dot} ${styles.dot}`} aria-hidden="true" />
        <span className={styles.adapterName}>{words}</span>
        <Icon name="chevron" size={16} />
      </button>
      <div id={panelId} popover="auto" className={`${menu.panel} ${styles.panel}`} role="dialog" aria-label={t('about')}>
        <Machine environment={environment} />
        <p className={styles.offline} data-ready={offlineReady}>
          <Icon name="offline" size={18} />
          {t(offlineReady ? 'offlineReady' : 'offlineNotReady')}
        </p>
      </div>
    </>
  );
}

function useSummary(environment: Environment): { tone: 'calm' | 'caution' | 'danger' | 'good'; words: string } {
  const t = useTranslations('machine');
  if (environment.status === 'checking') return { tone: 'calm', words: t('checking') };
  if (environment.status === 'unavailable') return { tone: 'danger', words: t('none') };
  const { adapter } = environment.description;
  return adapter.isSoftware ? { tone: 'caution', words: t('software') } : { tone: 'good', words: adapterTitle(adapter) ?? t('unnamed') };
}

function adapterTitle({
  description,
  device,
  vendor,
  architecture,
}: {
  description: string;
  device: string;
  vendor: string;
  architecture: string;
}): string | undefined {
  return [description, device, `${vendor} ${architecture}`.trim()].find((name) => name !== '');
}

function Machine({ environment }: { readonly environment: Environment }) {
  const t = useTranslations('machine');
  const { bytes, decimal } = useUnits();
  const wordsOf = useProblemWords();
  if (environment.status === 'checking') return <p className={styles.lead}>{t('checkingLead')}</p>;
  if (environment.status === 'unavailable') return <p className={styles.lead}>{wordsOf(environment.problem).explanation}</p>;
  const { adapter, features, model, traits } = environment.description;
  const rows: readonly (readonly [string, string])[] = [
    [t('adapter'), adapterTitle(adapter) ?? t('unnamed')],
    [t('halfPrecision'), t(features.f16 ? 'yes' : 'noHalfPrecision')],
    [t('subgroups'), t(features.subgroups ? 'yes' : 'no')],
    [t('model'), t('modelFacts', { name: model.name, size: bytes(model.weightBytes) })],
    [
      t('madeFor'),
      t('madeForFacts', {
        width: decimal(traits.defaults.width, 0),
        height: decimal(traits.defaults.height, 0),
        frames: traits.defaults.frames,
        rate: decimal(traits.defaults.frameRate, 2),
      }),
    ],
  ];
  return (
    <>
      <p className={styles.lead}>{t(adapter.isSoftware ? 'softwareLead' : 'hardwareLead')}</p>
      <dl className={styles.rows}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
