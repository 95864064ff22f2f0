// First, because the order of the layers is the order of their first appearance.
import './styles/tokens.css';
import './styles/base.css';
import { lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore, type ComponentType } from 'react';
import { useTranslations } from 'use-intl';
import type { EditorConnection, GeneratorConnection } from '../../workers';
import { Announcer } from './components/Announcer';
import { Composer } from './components/Composer';
import { Header } from './components/Header';
import { loadedLater } from './components/loaded-later';
import { Stage } from './components/Stage';
import { useKeptHeight } from './components/use-kept-height';
import { WorkspaceBoundary } from './components/WorkspaceBoundary';
import { createCommandRegistry, type CommandRegistry } from './commands/registry';
import { storedBindings } from './commands/stored-bindings';
import { StudioCommands } from './commands/StudioCommands';
import type { PickExport } from './edit/export/export-state';
import type { Language } from './i18n/language';
import type { Locale } from './i18n/locales';
import { MessagesProvider } from './i18n/MessagesProvider';
import { useLanguage } from './i18n/use-language';
import { PreferencesProvider, usePreferences } from './preferences/context';
import type { Theme } from './preferences/theme';
import { StudioContext, useShows, useStudio } from './state/context';
import { warnBeforeLeaving } from './state/leave-warning';
import type { Problem } from './state/problem';
import { createStudioStore, type StudioStore } from './state/studio-store';
import type { StudioUi } from './state/ui';
import type { StudioStorage } from './storage/storage';
import styles from './Studio.module.css';

/** What the page around the studio knows of its offline copy. */
export interface OfflineState {
  readonly ready: boolean;
  readonly applyUpdate: (() => void) | undefined;
}

export interface StudioProps {
  /** Starts the worker that generates; called once for each mounted studio. */
  readonly connect: () => GeneratorConnection;
  /** Starts the worker that decodes and draws what is edited; called when it is first needed. */
  readonly connectEditor: () => EditorConnection;
  /** What keeps this browser from making clips, when that is known already. */
  readonly missing?: Problem;
  readonly offline?: OfflineState;
  /** The host's choice; a person's own, kept in this browser, when left out. */
  readonly theme?: Theme;
  /** The host's choice; a person's own or the browser's when left out. */
  readonly locale?: Locale | Language;
  /** Whether keys pressed while nothing has the focus are the studio's (`page`, the default), or only those within it. */
  readonly keys?: 'page' | 'inside';
  /** Called once it is mounted, and again when the function is another; what it gives back is called when that ends. */
  readonly onReady?: (studio: StudioHandle) => (() => void) | undefined;
  /** Where clips and projects are kept; until the tab closes when left out. */
  readonly storage?: StudioStorage;
  /** Where exports go, in place of the browser's dialogs. */
  readonly pickExport?: PickExport;
  /** What is shown; everything when left out. */
  readonly ui?: StudioUi;
  /** Name of the model that it opens with; the built-in one when left out. */
  readonly model?: string;
  /** Address of the folder of the converter for files that browsers do not read; such files are refused when left out. */
  readonly converterUrl?: string | URL;
}

const wholeUi: StudioUi = {};

const notOffline: OfflineState = { ready: false, applyUpdate: undefined };

/** A workspace with its words, loaded when it is first opened: whoever only makes clips does not wait for an editor. */
const openedLater = (load: () => Promise<ComponentType>) =>
  loadedLater(async () => {
    const [Workspace, { WorkspaceWords }] = await Promise.all([load(), import('./i18n/WorkspaceWords')]);
    return () => (
      <WorkspaceWords>
        <Workspace />
      </WorkspaceWords>
    );
  });
const EditWorkspace = openedLater(async () => (await import('./edit/EditWorkspace')).EditWorkspace);
const CompareWorkspace = openedLater(async () => (await import('./compare/CompareWorkspace')).CompareWorkspace);
const TrainWorkspace = openedLater(async () => (await import('./training/TrainWorkspace')).TrainWorkspace);
/** What a first visit does not show at once is loaded beside it. */
const History = lazy(async () => ({ default: (await import('./components/History')).History }));
const QueuePanel = lazy(async () => ({ default: (await import('./queue/QueuePanel')).QueuePanel }));
const DropOnPage = lazy(async () => ({ default: (await import('./components/DropOnPage')).DropOnPage }));
const ConversionDialog = openedLater(async () => (await import('./convert/ConversionDialog')).ConversionDialog);
const Tour = lazy(async () => ({ default: (await import('./tour/Tour')).Tour }));
const UpdateNotice = lazy(async () => ({ default: (await import('./components/UpdateNotice')).UpdateNotice }));
const ProjectNotices = lazy(() => import('./projects/ProjectNotices'));
/** Of the page alone: a host's component is not opened with anything. */
const LaunchedFiles = lazy(() => import('./offline/LaunchedFiles'));
const lazyWorkspaces = { edit: EditWorkspace, compare: CompareWorkspace, train: TrainWorkspace } as const;

/** The inside of a mounted studio, for whoever steers it by program. */
export interface StudioHandle {
  readonly store: StudioStore;
  readonly commands: CommandRegistry;
}

/** The whole studio: each mounted instance has its own state and worker. */
export function Studio({
  connect,
  connectEditor,
  missing,
  offline = notOffline,
  storage,
  theme,
  locale,
  keys = 'page',
  onReady,
  pickExport,
  ui = wholeUi,
  model,
  converterUrl,
}: StudioProps) {
  const [store] = useState(() => createStudioStore({ connect, connectEditor, missing, storage, pickExport, ui, model, converterUrl }));
  const [commands] = useState(() => createCommandRegistry(storedBindings()));
  useEffect(() => store.open(), [store]);
  useEffect(() => store.getState().showUi(ui), [store, ui]);
  const ownsPage = keys === 'page';
  useEffect(() => warnBeforeLeaving(store, ownsPage), [store, ownsPage]);
  useEffect(() => onReady?.({ store, commands }), [store, commands, onReady]);
  return (
    <StudioContext.Provider value={store}>
      <PreferencesProvider theme={theme} locale={locale}>
        <Root commands={commands} offline={offline} ownsPage={ownsPage} />
      </PreferencesProvider>
    </StudioContext.Provider>
  );
}

interface RootProps {
  readonly commands: CommandRegistry;
  readonly offline: OfflineState;
  readonly ownsPage: boolean;
}

/** The element that all styles are scoped to: it stands in the chosen theme and language. */
function Root({ commands, offline, ownsPage }: RootProps) {
  const root = useRef<HTMLDivElement>(null);
  const { theme, locale } = usePreferences();
  const inBrowser = useInBrowser();
  const showsHeader = useShows('header');
  const showsTour = useShows('tour');
  const language = useLanguage(locale);
  const common = { className: `aiprod-studio ${styles.studio}`, 'data-theme': theme === 'system' ? undefined : theme };
  // Apart from what follows by its key, so that no attribute of the server's choice stays.
  if (!inBrowser)
    return <div key="server" {...common} lang={language?.tag} dir={language?.direction} aria-busy="true" suppressHydrationWarning />;
  if (language === undefined) return <div {...common} aria-busy="true" />;
  return (
    <div {...common} ref={root} lang={language.tag} dir={language.direction ?? 'ltr'}>
      <MessagesProvider language={language}>
        <StudioCommands registry={commands} root={root} ownsPage={ownsPage}>
          <div>
            {showsHeader && <Header offlineReady={offline.ready} />}
            <Suspense>
              <ProjectNotices />
            </Suspense>
          </div>
          <OpenWorkspace />
          <Suspense>
            <DropOnPage />
          </Suspense>
          {ownsPage && (
            <Suspense>
              <LaunchedFiles />
            </Suspense>
          )}
          <Conversions />
          <Announcer />
          <Suspense>
            {showsTour && <Tour />}
            {offline.applyUpdate !== undefined && <UpdateNotice applyUpdate={offline.applyUpdate} />}
          </Suspense>
        </StudioCommands>
      </MessagesProvider>
    </div>
  );
}

/**
 * False on a server, and while a browser takes over what that rendered: the studio looks at the person's choices, keys and means of this
 * browser, of which a server knows nothing.
 */
function useInBrowser(): boolean {
  return useSyncExternalStore(
    nothingChanges,
    () => true,
    () => false,
  );
}

/** A file that is to be converted, or is. */
function Conversions() {
  const isShown = useStudio(({ conversion }) => conversion !== undefined);
  return <Suspense fallback={null}>{isShown && <ConversionDialog />}</Suspense>;
}

const nothingChanges = (): (() => void) => () => undefined;

function OpenWorkspace() {
  const t = useTranslations('shell');
  const workspace = useStudio((state) => state.workspace);
  if (workspace === 'create') return <CreateWorkspace />;
  const Opened = lazyWorkspaces[workspace];
  return (
    <WorkspaceBoundary key={workspace}>
      <Suspense fallback={<main aria-busy="true" aria-label={t('loadingEditor')} />}>
        <Opened />
      </Suspense>
    </WorkspaceBoundary>
  );
}

function CreateWorkspace() {
  const stage = useRef<HTMLDivElement>(null);
  const running = useStudio((state) => state.run.status === 'running');
  const minBlockSize = useKeptHeight(stage);
  const showsQueue = useShows('queue');
  const showsHistory = useShows('history');
  useEffect(() => {
    // On a narrow screen the form fills the view: bring what it started into sight.
    if (running) stage.current?.scrollIntoView({ block: 'nearest' });
  }, [running]);
  return (
    <main className={styles.workspace}>
      <div className={styles.compose}>
        <Composer />
      </div>
      <div className={styles.stage} ref={stage} style={{ minBlockSize }}>
        <Stage />
        {showsQueue && (
          <Suspense>
            <QueuePanel />
          </Suspense>
        )}
        {showsHistory && (
          <Suspense>
            <History />
          </Suspense>
        )}
      </div>
    </main>
  );
}
