import { Component, type ErrorInfo, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { problemOf } from '../state/problem';
import { Button } from './Button';
import { Message } from './Message';
import styles from './Message.module.css';

interface BoundaryState {
  readonly error?: unknown;
}

/** Keeps a fault in one workspace, or a part of the page that could not be loaded, from taking the others with it. */
export class WorkspaceBoundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
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
    return <BrokenWorkspace report={problemOf(error).report} onRetry={() => this.setState({ error: undefined })} />;
  }
}

function BrokenWorkspace({ report, onRetry }: { readonly report: string; readonly onRetry: () => void }) {
  const t = useTranslations('shell.broken');
  return (
    <main className={styles.alone}>
      <Message
        tone="danger"
        icon="alert"
        title={t('title')}
        report={report}
        urgent
        actions={
          <>
            <Button kind="primary" icon="reset" onClick={onRetry}>
              {t('retry')}
            </Button>
            <Button onClick={() => window.location.reload()}>{t('reload')}</Button>
          </>
        }
      >
        <p>{t('words')}</p>
      </Message>
    </main>
  );
}
