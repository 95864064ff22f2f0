/** Exports of the sequence that a program asks for. Loaded with the first of them. */
import type { ExportSettings, ExportTarget } from '../../workers';
import { AiprodError } from '../errors';
import type { FormatReport } from '../media';
import { sequenceFrames, type Sequence } from '../project';
import { loadExportSettings, type StudioHandle, type StudioState } from '../studio';
import type { ExportOptions } from './export-options';

/** @throws AiprodError see `StudioApi.export` */
export async function exportSequence(store: StudioHandle['store'], options: ExportOptions): Promise<File> {
  const { to, signal, onProgress } = options;
  refuseStopped(signal);
  const { editor, edited, project } = store.getState();
  const { sequence } = edited;
  const settings = {
    ...(await settingsOf(options, sequence, await editor().formats())),
    record: { project: { ...project, sequence } },
  };
  refuseStopped(signal);
  // A name of its own: what was exported before stays readable.
  const name = `sequence-${crypto.randomUUID().slice(0, 8)}.${settings.format === 'png' ? 'zip' : settings.format}`;
  const target: ExportTarget = to === undefined ? { kind: 'download', name } : { kind: 'file', handle: to };
  const id = store.getState().startExport(to?.name ?? name, settings, target);
  const stop = (): void => store.getState().removeExport(id);
  signal?.addEventListener('abort', stop);
  try {
    const file = await outcomeOf(store, id, onProgress);
    return file ?? (await requiredFile(to));
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function refuseStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw stopped();
}

const stopped = (): AiprodError => new AiprodError('cancelled', 'The export was stopped');

async function requiredFile(handle: FileSystemFileHandle | undefined): Promise<File> {
  if (handle !== undefined) return handle.getFile();
  throw new AiprodError('internal', 'The export has no file');
}

/** Waits for an export of the queue. */
function outcomeOf(store: StudioHandle['store'], id: string, onProgress: ExportOptions['onProgress']): Promise<File | undefined> {
  return new Promise((resolve, reject) => {
    let told: unknown;
    const look = ({ exports, phase }: StudioState): boolean => {
      const state = exports.find((job) => job.id === id)?.state;
      if (state?.status === 'running' && state.progress !== undefined && state.progress !== told) onProgress?.((told = state.progress));
      if (state === undefined || phase === 'closed') reject(stopped());
      else if (state.status === 'failed') reject(new AiprodError(state.problem.code, state.problem.report));
      else if (state.status === 'done') resolve(state.file);
      else return false;
      return true;
    };
    if (look(store.getState())) return;
    const end = store.subscribe((state) => look(state) && end());
  });
}

/** @throws AiprodError `bad-usage` for frames or a size that there are not, `codec-unavailable` for what this browser does not write */
async function settingsOf(options: ExportOptions, sequence: Sequence, reports: readonly FormatReport[]): Promise<ExportSettings> {
  const { format = 'mp4', quality = 'high', start = 0, end = sequenceFrames(sequence), height, rate = sequence.rate, loudness } = options;
  const frames = sequenceFrames(sequence);
  if (frames === 0) throw new AiprodError('bad-usage', 'The sequence has no clip to export', { hint: 'Put clips on its tracks first' });
  const isRange = Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start < end && end <= frames;
  if (!isRange) {
    throw new AiprodError('bad-usage', 'The sequence has no such frames', {
      expected: `start and end within 0 to ${frames}`,
      found: `${start} to ${end}`,
    });
  }
  if (height !== undefined && !(Number.isInteger(height) && height >= 1)) {
    throw new AiprodError('bad-usage', 'The export has no height', { expected: 'whole pixels, 1 or more', found: String(height) });
  }
  const report = reports.find((each) => each.format === format && each.available);
  const codec = chosen(`${format}`, options.codec, report?.codecs ?? [], report !== undefined);
  const asked = options.audioCodec === 'none' ? undefined : options.audioCodec;
  const sound = chosen(`sound in ${format}`, asked, report?.audioCodecs ?? [], true);
  const audioCodec = options.audioCodec === 'none' ? undefined : sound;
  const { exportedSize } = await loadExportSettings();
  return {
    ...{ sequence, start, end, format, quality, rate },
    ...exportedSize({ format, height: height ?? 'as-is' }, sequence),
    ...(codec === undefined ? {} : { codec }),
    ...(audioCodec === undefined ? {} : { audioCodec, ...(loudness === undefined ? {} : { loudness }) }),
  };
}

/** What was asked for, or the first that there is. */
function chosen<Codec extends string>(
  what: string,
  asked: Codec | undefined,
  offered: readonly Codec[],
  available: boolean,
): Codec | undefined {
  if (available && (asked === undefined || offered.includes(asked))) return asked ?? offered[0];
  throw new AiprodError('codec-unavailable', `This browser does not write ${what}${asked === undefined ? '' : ` by ${asked}`}`, {
    expected: offered.length === 0 ? 'another format' : offered.join(', '),
    found: asked ?? what,
  });
}
