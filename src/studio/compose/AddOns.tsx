import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { IconButton } from '../components/Button';
import field from '../components/Field.module.css';
import { useUnits } from '../i18n/use-units';
import { useStudio } from '../state/context';
import { ShareField } from './ShareField';
import styles from './Inputs.module.css';

/** LoRAs with their scales, and the upsampler of two stages: what the opened folders hold. Nothing where they hold none. */
export function AddOns() {
  const t = useTranslations('compose.lora');
  const id = useId();
  const { decimal } = useUnits();
  const addOns = useStudio((state) => state.addOns);
  const loras = useStudio((state) => state.inputs.loras);
  const upsampler = useStudio((state) => state.inputs.upsampler);
  const change = useStudio((state) => state.changeInputs);
  const upsamplers = addOns.filter(({ kind }) => kind === 'upsampler');
  const others = addOns.filter(({ kind, name }) => kind === 'lora' && !loras.some((lora) => lora.name === name));
  if (addOns.length === 0 && loras.length === 0 && upsampler === '') return null;
  return (
    <>
      {(others.length > 0 || loras.length > 0) && (
        <div className={field.field}>
          <label htmlFor={`${id}-lora`} className={field.label}>
            {t('title')}
          </label>
          {loras.map(({ name, scale }) => (
            <div key={name} className={styles.addOn}>
              <ShareField
                label={name}
                meaning={decimal(scale, 2)}
                value={scale}
                min={-2}
                max={2}
                step={0.05}
                onChange={(value) => change({ loras: loras.map((lora) => (lora.name === name ? { name, scale: value } : lora)) })}
              />
              <IconButton
                icon="close"
                label={t('remove', { name })}
                onClick={() => change({ loras: loras.filter((lora) => lora.name !== name) })}
              />
            </div>
          ))}
          <select
            id={`${id}-lora`}
            className={styles.select}
            value=""
            disabled={others.length === 0}
            onChange={(event) => {
              const found = others.find(({ name }) => name === event.target.value);
              if (found !== undefined) change({ loras: [...loras, { name: found.name, scale: 1 }] });
            }}
          >
            <option value="">{t('add')}</option>
            {others.map(({ name, from }) => (
              <option key={name} value={name}>
                {`${name} · ${from}`}
              </option>
            ))}
          </select>
        </div>
      )}
      {(upsamplers.length > 0 || upsampler !== '') && (
        <div className={field.field}>
          <label htmlFor={`${id}-upsampler`} className={field.label}>
            {t('upsampler')}
          </label>
          <select
            id={`${id}-upsampler`}
            className={styles.select}
            value={upsampler}
            aria-describedby={`${id}-help`}
            onChange={(event) => change({ upsampler: event.target.value })}
          >
            <option value="">{t('upsamplerNone')}</option>
            {upsamplers.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <p id={`${id}-help`} className={field.help}>
            {t('upsamplerHelp')}
          </p>
        </div>
      )}
    </>
  );
}
