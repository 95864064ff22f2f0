import { stat } from 'node:fs/promises';
import { isMapping, type LoadedConfig } from '../../config';
import { AiprodError } from '../../errors';
import type { TrainingConfig } from './schema';

/** Settings that may change while a run goes on; a section's name stands for all in it. */
export const reloadable = ['optimization.learning_rate', 'validation', 'checkpoints'] as const;

/** What a changed file means for a run. */
export interface Reload {
  readonly settings: TrainingConfig;
  /** For people: what has changed, what was ignored and why. */
  readonly notes: readonly string[];
}

/**
 * Settings of a run whose files have changed: those of {@link reloadable} as they are now, all others as the run began with.
 * @param current settings of the run
 * @param next settings of the files
 */
export function applyReload(current: TrainingConfig, next: TrainingConfig): Reload {
  const changed = differences(current, next);
  const taken = changed.filter(({ name }) => mayChange(name));
  const ignored = changed.filter(({ name }) => !mayChange(name));
  return {
    settings: {
      ...current,
      optimization: { ...current.optimization, learning_rate: next.optimization.learning_rate },
      validation: next.validation,
      checkpoints: next.checkpoints,
    },
    notes: [
      ...taken.map(({ name, from, to }) => `${name} is now ${to} (it was ${from})`),
      ...ignored.map(({ name, from, to }) => `${name} stays ${from} until the run is started anew; the file now says ${to}`),
    ],
  };
}

function mayChange(name: string): boolean {
  return reloadable.some((known) => name === known || name.startsWith(`${known}.`));
}

interface Difference {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** Settings that are not the same in both, lists as a whole. */
export function differences(a: unknown, b: unknown, path: readonly string[] = []): Difference[] {
  if (isMapping(a) && isMapping(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].flatMap((key) => differences(a[key], b[key], [...path, key]));
  }
  const [from, to] = [shown(a), shown(b)];
  return from === to ? [] : [{ name: path.join('.'), from, to }];
}

const shown = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value));

/** Watches the files of a configuration. */
export interface ConfigWatch {
  /** The configuration where a file has changed since the last call; undefined where none has, or where it cannot be read as it is now. */
  changed(): Promise<LoadedConfig<TrainingConfig> | undefined>;
}

/**
 * @param files of the configuration as it was read
 * @param load reads it again
 * @param onProblem is told why a changed configuration is not taken
 */
export async function watchConfig(
  files: readonly string[],
  load: () => Promise<LoadedConfig<TrainingConfig>>,
  onProblem: (message: string) => void,
): Promise<ConfigWatch> {
  let watched = files;
  let seen = await stamps(watched);
  return {
    async changed() {
      const now = await stamps(watched);
      if (now === seen) return undefined;
      seen = now;
      try {
        const loaded = await load();
        watched = loaded.files;
        seen = await stamps(watched);
        return loaded;
      } catch (error) {
        if (!(error instanceof AiprodError)) throw error;
        onProblem(`the changed configuration is not taken: ${error.message}`);
        return undefined;
      }
    },
  };
}

/** Changes with any of the files. */
async function stamps(files: readonly string[]): Promise<string> {
  const known = await Promise.all(
    files.map((file) =>
      stat(file)
        .then(({ mtimeMs, size }) => `${mtimeMs} ${size}`)
        .catch(() => 'none'),
    ),
  );
  return known.join(', ');
}
