import { Component, type ErrorInfo, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { useStudio } from '../state/context';
import { problemOf, type Problem } from '../state/problem';
import { Button } from './Button';
import { Message } from './Message';
import styles from './Message.module.css';

interface BoundaryState {
  readonly error?: unknown;
}

interface BoundaryProps {
  readonly children: ReactNode;
  /** Whether it is a part of a workspace, and no workspace by itself. */
  readonly isPart?: boolean;
}

/** Keeps a fault in one workspace, or a part of the page that could not be loaded, from taking the others with it. */
export class WorkspaceBoundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = {};

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error };
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    console.error(error, componentStack);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const broken = <BrokenWorkspace problem={problemOf(error)} onRetry={() => this.setState({ error: undefined })} />;
    return this.props.isPart === true ? broken : <main className={styles.alone}>{broken}</main>;
  }
}

function BrokenWorkspace({ problem: { code, report }, onRetry }: { readonly problem: Problem; readonly onRetry: () => void }) {
  const t = useTranslations('shell.broken');
  const saveNow = useStudio((state) => state.saveNow);
  // What the next visit opens is this one's work. It is reloaded all the same where nothing can be kept.
  const reload = async (): Promise<void> => {
    await saveNow().catch((error: unknown) => console.warn(`the work was not kept before reloading: ${problemOf(error).report}`));
    window.location.reload();
  };
  return (
    <Message
      tone="danger"
      icon="alert"
      title={t('title')}
      report={report}
      urgent
      actions={
        <>
          {/* A script that could not be had is remembered as lost until the page is loaded anew. */}
          {code !== 'network-failure' && (
            <Button kind="primary" icon="reset" onClick={onRetry}>
              {t('retry')}
            </Button>
          )}
          <Button kind={code === 'network-failure' ? 'primary' : 'secondary'} onClick={() => void reload()}>
            {t('reload')}
          </Button>
        </>
      }
    >
      <p>{t('words')}</p>
    </Message>
  );
}
