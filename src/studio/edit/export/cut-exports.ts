import { z } from 'zod';
import type { ExportJob } from './export-state';

/**
 * Exports that an earlier visit did not end, as rows of the queue that say so. Loaded where there are some.
 * @param text names, in JSON; one that is damaged names none
 */
export function cutExports(text: string, newId: () => string): ExportJob[] {
  return namesIn(text).map((name) => ({ id: newId(), name, work: undefined, state: { status: 'cut' } }));
}

function namesIn(text: string): string[] {
  try {
    return z.array(z.string()).parse(JSON.parse(text));
  } catch (error) {
    console.warn(`exports: what an earlier visit was at could not be read: ${String(error)}`);
    return [];
  }
}
