import { useEffect, useRef } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../components/Button';
import { Dialog } from '../components/Dialog';
import { useUnits } from '../i18n/use-units';
import { useStudio } from '../state/context';
import type { Conversion } from './conversion-state';
import styles from './ConversionDialog.module.css';

/** Asks whether a file is to be converted, and shows how that goes on. Shown while there is one. */
export function ConversionDialog() {
  const t = useTranslations('conversion');
  const dialog = useRef<HTMLDialogElement>(null);
  const conversion = useStudio((state) => state.conversion);
  const dismiss = useStudio((state) => state.dismissConversion);
  useEffect(() => dialog.current?.showModal(), []);
  if (conversion === undefined) return null;
  const offered = conversion.status === 'offered';
  return (
    <Dialog
      dialog={dialog}
      title={t(offered ? 'title' : 'working', { name: conversion.name })}
      closeLabel={t(offered ? 'decline' : 'cancel')}
      onClose={dismiss}
    >
      {offered ? <Offer offer={conversion} /> : <Progress conversion={conversion} />}
      <div className={styles.actions}>
        <Button onClick={() => dialog.current?.close()}>{t(offered ? 'decline' : 'cancel')}</Button>
        {offered && <Accept />}
      </div>
    </Dialog>
  );
}

function Accept() {
  const t = useTranslations('conversion');
  const accept = useStudio((state) => state.convertOffered);
  return (
    <Button kind="primary" onClick={accept}>
      {t('accept')}
    </Button>
  );
}

function Offer({ offer: { name, format, bytes, converterBytes } }: { readonly offer: Extract<Conversion, { status: 'offered' }> }) {
  const t = useTranslations('conversion');
  const units = useUnits();
  const size = units.bytes(bytes);
  return (
    <div className={styles.words}>
      <p>{format === undefined ? t('coding', { name, size }) : t('format', { name, size, format })}</p>
      <p>{converterBytes === undefined ? t('loadsUnknown') : t('loads', { size: units.bytes(converterBytes) })}</p>
      <p>{t('licence')}</p>
      <p>{t('result')}</p>
    </div>
  );
}

function Progress({ conversion }: { readonly conversion: Conversion }) {
  const t = useTranslations('conversion');
  const { percent } = useUnits();
  const part = conversion.status === 'converting' ? conversion.part : undefined;
  const said = part === undefined ? t('loading') : t('converting', { percent: percent(part) });
  return (
    <div className={styles.words}>
      <progress className={styles.progress} max={1} value={part} aria-label={t('progress')} />
      <p role="status">{said}</p>
    </div>
  );
}
