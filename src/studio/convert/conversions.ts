import { AiprodError } from '../../errors';
import { NoConverter } from '../state/problem';
import type { ConversionOptions } from './conversion-state';
import type { Converter } from './convert-file';
import { unreadOf, type Unread } from './convertible';

const openLoaded = async (folder: URL): Promise<Converter> => (await import('./convert-file')).openConverter(folder);
const sizeLoaded = async (folder: URL): Promise<number | undefined> => (await import('./convert-file')).converterSize(folder);

export interface Conversions {
  /**
   * @param error of reading the file
   * @returns what was made of it; undefined where nothing is to be made: the error stands
   * @throws AiprodError `cancelled`; `codec-unavailable` where there is no converter; as `openConverter` and its `convert`
   */
  convert(file: File, error: unknown): Promise<File | undefined>;
  accept(): void;
  /** Turns down what is offered, or ends what is under way. */
  dismiss(): void;
  close(): void;
}

export function createConversions({ converterUrl, get, set, open = openLoaded, sizeOf = sizeLoaded }: ConversionOptions): Conversions {
  let converter: Converter | undefined;
  /** Whether the person has said yes, and it could be loaded. */
  let agreed = false;
  let answer: ((accepted: boolean) => void) | undefined;
  /** Counts up with every end of a conversion by the person. */
  let ended = 0;
  /** Files are converted one after another. */
  let last: Promise<unknown> = Promise.resolve();

  const close = (): void => {
    ended++;
    answer?.(false);
    converter?.close();
    converter = undefined;
    agreed = false;
  };

  const converted = async (file: File, unread: Unread): Promise<File | undefined> => {
    if (converterUrl === undefined) throw new NoConverter(file.name, unread.format);
    const folder = new URL(converterUrl, document.baseURI);
    const about = { name: file.name, bytes: file.size };
    const begun = ended;
    try {
      if (!agreed) {
        const converterBytes = await sizeOf(folder);
        set({ conversion: { ...about, ...unread, status: 'offered', converterBytes } });
        const accepted = await new Promise<boolean>((resolve) => (answer = resolve));
        answer = undefined;
        if (!accepted) return undefined;
      }
      if (converter === undefined) {
        set({ conversion: { ...about, status: 'loading' } });
        const opened = await open(folder);
        if (ended !== begun) {
          opened.close();
          throw new AiprodError('cancelled', 'The conversion was cancelled', { where: file.name });
        }
        converter = opened;
        agreed = true;
      }
      const onProgress = (part: number): void => set({ conversion: { ...about, status: 'converting', part } });
      onProgress(0);
      return await converter.convert(file, file.name, onProgress);
    } catch (error) {
      // What ran out of memory does not work again: the next file gets another.
      converter?.close();
      converter = undefined;
      throw error;
    } finally {
      set({ conversion: undefined });
    }
  };

  return {
    async convert(file, error) {
      const unread = await unreadOf(file, error);
      if (unread === undefined) return undefined;
      const turn = last.then(() => converted(file, unread));
      last = turn.catch(() => undefined);
      return turn;
    },
    accept: () => answer?.(true),
    dismiss() {
      if (get().conversion?.status === 'offered') return answer?.(false);
      close();
      set({ conversion: undefined });
    },
    close,
  };
}
