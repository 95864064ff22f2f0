import { useTranslations } from 'use-intl';
import { definitionOf, type Effect, type EffectType } from '../../../project';
import { useStudio } from '../../state/context';
import { AnimatedField } from './AnimatedField';
import { ColorCurves } from './ColorCurves';
import styles from './Inspector.module.css';

export interface EffectFieldsProps {
  readonly effect: Effect;
  readonly type: EffectType;
  /** @param field names what was changed; changes of one field that follow each other are one step of undo */
  readonly onChange: (effect: Effect, field: string, key: 'effect' | 'keyframe' | 'easing') => void;
}

/** All that an effect lets be set: numbers, colours, curves, a table. */
export function EffectFields({ effect, type, onChange }: EffectFieldsProps) {
  const t = useTranslations('effects');
  const { parameters, colors = {}, curves, lut } = definitionOf(type);
  const words = (name: string): string => t(`parameters.${parameterKey(name)}`);
  return (
    <div className={styles.fields}>
      {lut === true && <TableField effect={effect} onChange={onChange} />}
      {curves === true && (
        <ColorCurves curves={effect.curves} onChange={(next) => onChange({ ...effect, curves: next }, 'curves', 'effect')} />
      )}
      {Object.entries(colors).map(([name, fallback]) => (
        <label key={name} className={styles.row}>
          <span className={styles.label}>{words(name)}</span>
          <input
            type="color"
            className={styles.color}
            value={effect.colors[name] ?? fallback}
            onChange={(event) => onChange({ ...effect, colors: { ...effect.colors, [name]: event.target.value } }, name, 'effect')}
          />
        </label>
      ))}
      {Object.entries(parameters).map(([name, range]) => (
        <AnimatedField
          key={name}
          label={words(name)}
          value={effect.parameters[name] ?? range.default}
          range={range}
          onChange={(value, what) =>
            onChange({ ...effect, parameters: { ...effect.parameters, [name]: value } }, name, what === 'value' ? 'effect' : what)
          }
        />
      ))}
    </div>
  );
}

const parameterNames = [
  'amount',
  'factor',
  'stops',
  'temperature',
  'tint',
  'radius',
  'threshold',
  'size',
  'softness',
  'roundness',
  'color',
  'seed',
  'tolerance',
  'spill',
  'key',
] as const;

/** The message of a parameter's name. */
function parameterKey(name: string): (typeof parameterNames)[number] {
  return parameterNames.find((known) => known === name) ?? 'amount';
}

function TableField({ effect, onChange }: Pick<EffectFieldsProps, 'effect' | 'onChange'>) {
  const t = useTranslations('effects');
  const media = useStudio((state) => state.project.media);
  const tables = media.filter(({ kind }) => kind === 'lut');
  return (
    <>
      <label className={styles.row}>
        <span className={styles.label}>{t('table')}</span>
        <select
          className={styles.select}
          value={effect.lut ?? ''}
          onChange={(event) => {
            const { lut: _, ...rest } = effect;
            onChange(event.target.value === '' ? rest : { ...rest, lut: event.target.value }, 'lut', 'effect');
          }}
        >
          <option value="">{t('noTable')}</option>
          {tables.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {tables.length === 0 && <p className={styles.note}>{t('addTables')}</p>}
    </>
  );
}
