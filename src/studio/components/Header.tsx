import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { useStudio } from '../state/context';
import { workspaces, type Environment } from '../state/studio-store';
import { formatBytes } from '../state/stage-timing';
import { IconButton } from './Button';
import { Icon } from './Icon';
import type { Theme } from '../state/theme';
import styles from './Header.module.css';

export interface HeaderProps {
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
  readonly offlineReady: boolean;
}

const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const themeIcon = { system: 'auto', light: 'sun', dark: 'moon' } as const;
const themeWords: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };

export function Header({ theme, onTheme, offlineReady }: HeaderProps) {
  return (
    <header className={styles.header}>
      <h1 className={styles.name}>
        <Mark />
        AIPROD <span>Studio</span>
      </h1>
      <WorkspaceTabs />
      <div className={styles.tools}>
        <AdapterReportButton offlineReady={offlineReady} />
        <IconButton
          icon={themeIcon[theme]}
          label={`Theme: ${themeWords[theme]}. Change to ${themeWords[nextTheme[theme]]}`}
          onClick={() => onTheme(nextTheme[theme])}
        />
      </div>
    </header>
  );
}

function WorkspaceTabs() {
  const t = useTranslations('shell');
  const open = useStudio((state) => state.workspace);
  const openWorkspace = useStudio((state) => state.openWorkspace);
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
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
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
  const { tone, words } = summary(environment);
  return (
    <>
      <button type="button" className={styles.adapter} data-tone={tone} popoverTarget={panelId} aria-label={`${words}. About this machine`}>
        <span className={styles.dot} aria-hidden="true" />
        <span className={styles.adapterName}>{words}</span>
        <Icon name="chevron" size={16} />
      </button>
      <div id={panelId} popover="auto" className={styles.panel} role="dialog" aria-label="About this machine">
        <Machine environment={environment} />
        <p className={styles.offline} data-ready={offlineReady}>
          <Icon name="offline" size={18} />
          {offlineReady ? 'Everything is stored on this computer: the page works offline.' : 'Not stored for offline use yet.'}
        </p>
      </div>
    </>
  );
}

function summary(environment: Environment): { tone: 'calm' | 'caution' | 'danger' | 'good'; words: string } {
  if (environment.status === 'checking') return { tone: 'calm', words: 'Looking for a graphics card' };
  if (environment.status === 'unavailable') return { tone: 'danger', words: 'No graphics card' };
  const { adapter } = environment.description;
  return adapter.isSoftware
    ? { tone: 'caution', words: 'Software rendering' }
    : { tone: 'good', words: adapterTitle(environment.description.adapter) };
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
}): string {
  return [description, device, `${vendor} ${architecture}`.trim()].find((name) => name !== '') ?? 'Graphics card';
}

function Machine({ environment }: { readonly environment: Environment }) {
  if (environment.status === 'checking') return <p className={styles.lead}>Asking the browser which graphics card it offers.</p>;
  if (environment.status === 'unavailable') return <p className={styles.lead}>{environment.problem.explanation}</p>;
  const { adapter, features, model, traits } = environment.description;
  const rows: readonly (readonly [string, string])[] = [
    ['Adapter', adapterTitle(adapter)],
    ['Half precision', features.f16 ? 'yes' : 'no: everything is computed in 32 bits'],
    ['Subgroups', features.subgroups ? 'yes' : 'no'],
    ['Model', `${model.name}, ${formatBytes(model.weightBytes)}`],
    [
      'Made for',
      `${traits.defaults.width} × ${traits.defaults.height}, ${traits.defaults.frames} frames at ${traits.defaults.frameRate} a second`,
    ],
  ];
  return (
    <>
      <p className={styles.lead}>
        {adapter.isSoftware
          ? 'No graphics card was found, or the browser may not use it, so a program on the processor stands in. Clips are the same; they take many times longer.'
          : 'Clips are made on this graphics card.'}
      </p>
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
