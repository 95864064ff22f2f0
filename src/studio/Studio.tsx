// First, because the order of the layers is the order of their first appearance.
import './styles/tokens.css';
import './styles/base.css';
import { useEffect, useRef, useState } from 'react';
import type { GeneratorConnection } from '../../workers';
import { Announcer } from './components/Announcer';
import { Composer } from './components/Composer';
import { DropOnPage } from './components/DropOnPage';
import { Header } from './components/Header';
import { History } from './components/History';
import { Stage } from './components/Stage';
import { UpdateNotice } from './components/UpdateNotice';
import { StudioContext, useStudio } from './state/context';
import type { Problem } from './state/problem';
import { createStudioStore } from './state/studio-store';
import { useTheme } from './state/theme';
import styles from './Studio.module.css';

/** What the page around the studio knows of its offline copy. */
export interface OfflineState {
  readonly ready: boolean;
  readonly applyUpdate: (() => void) | undefined;
}

export interface StudioProps {
  /** Starts the worker that generates; called once for each mounted studio. */
  readonly connect: () => GeneratorConnection;
  /** What keeps this browser from making clips, when that is known already. */
  readonly missing?: Problem;
  readonly offline?: OfflineState;
}

const notOffline: OfflineState = { ready: false, applyUpdate: undefined };

/** The whole studio: each mounted instance has its own state and worker. */
export function Studio({ connect, missing, offline = notOffline }: StudioProps) {
  const [store] = useState(() => createStudioStore({ connect, missing }));
  const [theme, setTheme] = useTheme();
  useEffect(() => store.open(), [store]);
  return (
    <StudioContext value={store}>
      <div className={`aiprod-studio ${styles.studio}`} data-theme={theme === 'system' ? undefined : theme}>
        <Header theme={theme} onTheme={setTheme} offlineReady={offline.ready} />
        <Workspace />
        <DropOnPage />
        <Announcer />
        <UpdateNotice applyUpdate={offline.applyUpdate} />
      </div>
    </StudioContext>
  );
}

function Workspace() {
  const stage = useRef<HTMLDivElement>(null);
  const running = useStudio((state) => state.run.status === 'running');
  useEffect(() => {
    // On a narrow screen the form fills the view: bring what it started into sight.
    if (running) stage.current?.scrollIntoView({ block: 'nearest' });
  }, [running]);
  useLeaveWarning(running);
  return (
    <main className={styles.workspace}>
      <div className={styles.compose}>
        <Composer />
      </div>
      <div className={styles.stage} ref={stage}>
        <Stage />
        <History />
      </div>
    </main>
  );
}

/** Closing the tab would throw the work away: the browser asks first. */
function useLeaveWarning(running: boolean): void {
  useEffect(() => {
    if (!running) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [running]);
}
