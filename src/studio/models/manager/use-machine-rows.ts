import { useTranslations } from 'use-intl';
import { version } from '../../../../package.json';
import type { MachineReport } from '../../../pipelines';
import { useUnits } from '../../i18n/use-units';
import { useStudio } from '../../state/context';
import { readMemoryLimit } from '../memory-limit';

export interface MachineRow {
  readonly name: string;
  readonly value: string;
}

/** Limits of WebGPU that are sizes in bytes. */
const inBytes = /bindingsize|buffersize|storagesize/i;

/** What there is to say of the machine, row by row: browser, adapter, features, memory; and the device's limits by WebGPU's names. */
export function useMachineRows({ report }: { readonly report: MachineReport }): {
  readonly facts: readonly MachineRow[];
  readonly limits: readonly MachineRow[];
} {
  const t = useTranslations('models.machine');
  const { bytes, decimal } = useUnits();
  const storage = useStudio((state) => state.storageReport);
  const limit = readMemoryLimit(useStudio((state) => state.memoryLimit));
  const forecast = useStudio((state) => state.forecast);
  const { adapter, features, limits, memory } = report;
  const row = (name: string, value: string): MachineRow => ({ name, value });
  const yesNo = (has: boolean): string => t(has ? 'yes' : 'no');
  const { deviceMemory } = navigator;
  const facts = [
    row(t('program'), `AIPROD Studio ${version}`),
    row(t('browser'), navigator.userAgent),
    row(t('processors'), decimal(navigator.hardwareConcurrency, 0)),
    ...(deviceMemory === undefined ? [] : [row(t('systemMemory'), t('atLeast', { bytes: bytes(deviceMemory * 2 ** 30) }))]),
    ...(storage?.used === undefined || storage.quota === undefined
      ? []
      : [row(t('storage'), t('usedOf', { used: bytes(storage.used), quota: bytes(storage.quota) }))]),
    row(t('adapter'), [adapter.description, adapter.vendor, adapter.architecture, adapter.device].filter((part) => part !== '').join(', ')),
    row(t('isSoftware'), yesNo(adapter.isSoftware)),
    row(t('halfPrecision'), yesNo(features.f16)),
    row(t('subgroups'), yesNo(features.subgroups)),
    row(t('timestamps'), yesNo(features.timestamps)),
    row(t('memoryLimit'), limit.ok && limit.bytes !== undefined ? bytes(limit.bytes) : t('noMemoryLimit')),
    ...(forecast.status === 'known' ? [row(t('nextClip'), bytes(forecast.memory.totalBytes))] : []),
    row(t('memoryNow'), bytes(memory.liveBytes)),
    row(t('memoryPeak'), bytes(memory.peakBytes)),
  ];
  return {
    facts,
    limits: Object.entries(limits).map(([name, value]) => row(name, inBytes.test(name) ? bytes(value) : decimal(value, 0))),
  };
}
