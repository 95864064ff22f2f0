import { fetchText } from '../byte-source-web';
import type { RemoteModel } from './origins';

/** Licences that ask for no more than that their words go with copies, as the hub names them. */
const open: ReadonlySet<string> = new Set([
  ...['apache-2.0', 'mit', 'isc', 'zlib', 'ncsa', 'postgresql', 'bsl-1.0', '0bsd', 'cc0-1.0', 'unlicense'],
  ...['bsd', 'bsd-2-clause', 'bsd-3-clause', 'bsd-3-clause-clear'],
]);

/**
 * Whether a licence is plainly open: known to lay no condition on what a model is used for. All others are to be read and agreed to, one
 * that is not stated too.
 */
export function isOpenLicence(licence: string | undefined): boolean {
  return licence !== undefined && open.has(licence.trim().toLowerCase());
}

/** A longer text is no licence. */
const longestText = 256 * 1024;

/** The licence's own words; undefined where the origin has no file of them. @throws AiprodError as `fetchText` */
export async function licenceText({ licenceFile, headers }: RemoteModel, signal?: AbortSignal): Promise<string | undefined> {
  if (licenceFile === undefined || (licenceFile.bytes ?? 0) > longestText) return undefined;
  const text = await fetchText(licenceFile.url, { headers, ...(signal === undefined ? {} : { signal }) });
  return text?.slice(0, longestText);
}
