import { useEffect, useId, useRef } from 'react';
import { useTranslations } from 'use-intl';
import { formatTimecode, markerColors, setMarker, type Marker } from '../../../project';
import { Button } from '../../components/Button';
import { Dialog } from '../../components/Dialog';
import field from '../../components/Field.module.css';
import { useStudio } from '../../state/context';
import type { TimelineCommands } from './commands';
import dialogStyles from '../../components/Dialog.module.css';
import styles from './Marker.module.css';

/** Name and colour of the marker that was opened; nothing while none is. */
export function MarkerDialog({ commands }: { readonly commands: TimelineCommands }) {
  const id = useStudio((state) => state.timeline.marker);
  const marker = useStudio((state) => state.edited.sequence.markers.find((one) => one.id === id));
  return marker === undefined ? null : <OpenMarker key={marker.id} {...{ marker, commands }} />;
}

function OpenMarker({ marker, commands }: { readonly marker: Marker; readonly commands: TimelineCommands }) {
  const t = useTranslations('timeline.markers');
  const dialog = useRef<HTMLDialogElement>(null);
  const nameId = useId();
  const rate = useStudio((state) => state.edited.sequence.rate);
  const perform = useStudio((state) => state.perform);
  useEffect(() => {
    const opened = dialog.current;
    if (opened === null) return;
    const onClose = (): void => commands.openMarker(undefined);
    opened.addEventListener('close', onClose);
    opened.showModal();
    return () => opened.removeEventListener('close', onClose);
  }, [commands]);
  return (
    <Dialog dialog={dialog} title={t('title', { at: formatTimecode(marker.frame, rate) })} closeLabel={t('close')}>
      <form
        className={dialogStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          dialog.current?.close();
        }}
      >
        <div className={field.field}>
          <label htmlFor={nameId} className={field.label}>
            {t('name')}
          </label>
          <input
            id={nameId}
            className={field.text}
            maxLength={500}
            value={marker.name}
            onFocus={(event) => event.target.select()}
            onChange={({ target }) =>
              perform({ key: 'setMarker' }, setMarker(marker.id, { name: target.value }), `marker ${marker.id} name`)
            }
          />
        </div>
        <fieldset className={styles.colors}>
          <legend>{t('color')}</legend>
          {markerColors.map((color) => (
            <label key={color} className={styles.color}>
              <input
                type="radio"
                name={`${nameId}-color`}
                checked={marker.color === color}
                onChange={() => perform({ key: 'setMarker' }, setMarker(marker.id, { color }), `marker ${marker.id} color`)}
              />
              <span className={styles.swatch} data-color={color} />
              {t(`colors.${color}`)}
            </label>
          ))}
        </fieldset>
        <footer className={styles.actions}>
          <Button icon="trash" onClick={() => commands.removeMarker(marker.id)}>
            {t('remove')}
          </Button>
          <Button type="submit" kind="primary">
            {t('done')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
