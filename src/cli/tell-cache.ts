import type { Dataset } from '../data/node';
import { formatBytes, type Output } from './output';

/** Tells how the cache of a data set has done, where there is one. */
export function tellCache(output: Output, cache: Dataset['cache']): void {
  if (cache === undefined) return;
  const { hitRate, damaged, bytes } = cache();
  output.info(
    `cache: ${(100 * hitRate).toFixed(1)} % hits, ${formatBytes(bytes)}${damaged === 0 ? '' : `, ${damaged} damaged entries fetched again`}`,
  );
}
