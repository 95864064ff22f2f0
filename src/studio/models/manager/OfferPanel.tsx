import { useId, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import type { ModelOffer } from '../../../../workers';
import { Button, IconButton } from '../../components/Button';
import { Facts } from '../../components/ModelSection';
import { useUnits } from '../../i18n/use-units';
import { FailureWords } from './FailureWords';
import { NeedsWords } from './NeedsWords';
import { useManager } from './use-manager';
import field from '../../components/Field.module.css';
import named from '../../components/Named.module.css';
import styles from './Manager.module.css';

/** A model of the network: its files, its licence, whether it fits; fetched when its licence was agreed to. */
export function OfferPanel({ offer, agreed }: { readonly offer: ModelOffer; readonly agreed: boolean }) {
  const t = useTranslations('models.offer');
  const { bytes } = useUnits();
  const headingId = useId();
  const { source, name, stored, files, totalBytes, haveBytes, freeBytes, revision, readName } = offer;
  const needs = useManager((state) => state.needs[readName]);
  const failure = useManager((state) => (state.failure?.name === name && stored === 'none' ? state.failure : undefined));
  const busy = useManager((state) => state.task !== undefined);
  const forgetOffer = useManager((state) => state.forgetOffer);
  const fetchOffered = useManager((state) => state.fetchOffered);
  const missingBytes = totalBytes === undefined ? undefined : totalBytes - haveBytes;
  const isTooLarge = missingBytes !== undefined && freeBytes !== undefined && missingBytes > freeBytes;
  const isWhole = stored === 'whole';
  const mayFetch = agreed && !busy && !isWhole && !isTooLarge;
  const reason = isWhole ? t('here', { name }) : isTooLarge ? undefined : agreed ? (busy ? t('busy') : undefined) : t('agreeFirst');
  return (
    <section className={styles.offer} aria-labelledby={headingId}>
      <header className={styles.offerHead}>
        <div>
          <h3 id={headingId} className={named.name}>
            {source}
          </h3>
          <Facts>
            {[
              t('files', { count: files.length }),
              totalBytes === undefined ? t('unknownSize') : bytes(totalBytes),
              ...(haveBytes > 0 ? [t('have', { bytes: bytes(haveBytes) })] : []),
              ...(freeBytes === undefined ? [] : [t('free', { bytes: bytes(freeBytes) })]),
              ...(revision === undefined ? [] : [t('revision', { revision: revision.slice(0, 7) })]),
            ]}
          </Facts>
        </div>
        <IconButton icon="close" label={t('close', { source })} onClick={() => void forgetOffer()} />
      </header>
      <FileList offer={offer} />
      {!isWhole && <NeedsWords needs={needs} tellsUnknown />}
      <Licence offer={offer} agreed={agreed} />
      {isTooLarge && (
        <p className={field.issue} role="status">
          {t('tooLarge', { needed: bytes(missingBytes), free: bytes(freeBytes) })}
        </p>
      )}
      {failure !== undefined && <FailureWords failure={failure} from={source} />}
      <div className={styles.offerEnd}>
        <Button
          kind="primary"
          icon="download"
          aria-disabled={!mayFetch}
          {...(reason === undefined ? {} : { 'aria-describedby': `${headingId}-reason` })}
          onClick={() => {
            if (mayFetch) void fetchOffered();
          }}
        >
          {missingBytes === undefined ? t('download') : t('downloadBytes', { bytes: bytes(missingBytes) })}
        </Button>
        {reason !== undefined && (
          <p id={`${headingId}-reason`} className={field.help}>
            {reason}
          </p>
        )}
      </div>
    </section>
  );
}

function FileList({ offer: { files } }: { readonly offer: ModelOffer }) {
  const t = useTranslations('models.offer');
  const units = useUnits();
  return (
    <details className={styles.files}>
      <summary>{t('fileList')}</summary>
      <ul>
        {files.map(({ path, bytes }) => (
          <li key={path} className={styles.file}>
            <span className={styles.path}>{path}</span>
            <span className={styles.found}>{bytes === undefined ? t('unknownSize') : units.bytes(bytes)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Licence({ offer, agreed }: { readonly offer: ModelOffer; readonly agreed: boolean }) {
  const t = useTranslations('models.offer');
  const agree = useManager((state) => state.agree);
  const { licence, licenceLink, licenceText, isOpen, stored } = offer;
  const link = (words: ReactNode): ReactNode =>
    licenceLink === undefined ? (
      words
    ) : (
      <a href={licenceLink} target="_blank" rel="noreferrer">
        {words}
      </a>
    );
  return (
    <div className={styles.licence} data-open={isOpen}>
      <p>
        {licence === undefined ? t.rich('noLicence', { link }) : t.rich('licence', { licence, link })}{' '}
        {t(isOpen ? 'isOpen' : licence === undefined ? 'isUnknown' : 'hasConditions')}
      </p>
      {licenceText !== undefined && (
        <details className={styles.files}>
          <summary>{t('read')}</summary>
          <textarea className={styles.licenceText} readOnly rows={8} aria-label={t('text')} value={licenceText} />
        </details>
      )}
      {!isOpen && stored !== 'whole' && (
        <label className={styles.agree}>
          <input type="checkbox" checked={agreed} onChange={(event) => agree(event.target.checked)} />
          {licence === undefined ? t('agreeUnknown') : t('agree', { licence })}
        </label>
      )}
    </div>
  );
}
