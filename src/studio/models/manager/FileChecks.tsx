import { useTranslations } from 'use-intl';
import type { FileCheck } from '../../../weights';
import type { ModelListing } from '../../../../workers';
import { Button } from '../../components/Button';
import { Icon } from '../../components/Icon';
import { useManager } from './use-manager';
import styles from './Manager.module.css';

/** What a check found, file by file; damaged files can be fetched again, each by itself. */
export function FileChecks({ listing: { name, check } }: { readonly listing: ModelListing }) {
  const t = useTranslations('models.files');
  const checks = useManager((state) => state.checks[name]);
  const damaged = check?.damaged ?? [];
  if (checks === undefined && damaged.length === 0) return null;
  return (
    <details className={styles.files} open={damaged.length > 0}>
      <summary>{damaged.length > 0 ? t('damaged', { count: damaged.length }) : t('whole', { count: checks?.length ?? 0 })}</summary>
      <ul>
        {checks === undefined
          ? damaged.map((path) => <FileRow key={path} name={name} path={path} />)
          : checks.map((own) => <FileRow key={own.path} name={name} path={own.path} check={own} />)}
      </ul>
    </details>
  );
}

/** @param check what was found on this visit; of an earlier one only the damaged files are known */
function FileRow({ name, path, check }: { readonly name: string; readonly path: string; readonly check?: FileCheck }) {
  const t = useTranslations('models.files');
  const busy = useManager((state) => state.task !== undefined);
  const mend = useManager((state) => state.mend);
  const isDamaged = check === undefined || check.damaged.length > 0;
  return (
    <li className={styles.file} data-damaged={isDamaged}>
      <Icon name={isDamaged ? 'alert' : 'check'} size={16} />
      <span className={styles.path}>{path}</span>
      <span className={styles.found}>
        {!isDamaged
          ? t('asItWas')
          : check === undefined
            ? t('isDamaged')
            : check.bytes.found === 0
              ? t('missing')
              : t('pieces', { count: check.damaged.length })}
      </span>
      {isDamaged && (
        <Button
          size="small"
          icon="download"
          aria-label={t('fetchAgainNamed', { path })}
          aria-disabled={busy}
          onClick={() => busy || void mend(name, path)}
        >
          {t('fetchAgain')}
        </Button>
      )}
    </li>
  );
}
