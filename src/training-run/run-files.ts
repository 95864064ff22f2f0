/** Names in the folder of a run: what `aiprod train` writes and a page reads. */
export const runFiles = { metrics: 'metrics.jsonl', config: 'config.txt' } as const;

/** Folder of a step's validation clips, within that of the run. */
export const sampleFolder = (step: number): string => `samples/step-${String(step).padStart(6, '0')}`;

/** A validation clip. */
export interface SampleFile {
  readonly path: string;
  readonly step: number;
  /** Of its prompt in the configuration, from 0. */
  readonly prompt: number;
}

/** The validation clip that a file of a run's folder is; undefined of all others. */
export function sampleOfPath(path: string): SampleFile | undefined {
  const match = /^samples\/step-(\d+)\/(\d+)\.mp4$/.exec(path);
  return match === null ? undefined : { path, step: Number(match[1]), prompt: Number(match[2]) };
}
