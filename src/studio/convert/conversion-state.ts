import type { Converter } from './convert-file';
import type { Conversions } from './conversions';
import type { Unread } from './convertible';

/** A file that is not read here, and what becomes of it. */
export type Conversion = { readonly name: string; readonly bytes: number } & (
  | ({
      /** Waits for the person. */
      readonly status: 'offered';
      /** Of what would be loaded; undefined where its server does not say. */
      readonly converterBytes: number | undefined;
    } & Unread)
  | { readonly status: 'loading' }
  | {
      readonly status: 'converting';
      /** 0 to 1. */
      readonly part: number;
    }
);

export interface ConversionState {
  /** The file at hand, one at a time. */
  readonly conversion?: Conversion;
  /**
   * Reads a file. Where it cannot be read as it is, and could be when converted, the person is asked, and what was made of it is read.
   * Once a converter was loaded, further files are converted without asking again.
   * @returns the file that was read, and what was read of it
   * @throws AiprodError as `read`, also when the person would rather not; `cancelled`; `codec-unavailable` where there is no converter
   */
  readOrConvert<Result>(file: File, read: (file: File) => Promise<Result>): Promise<readonly [file: File, result: Result]>;
  /** Answers what is offered. */
  convertOffered(): void;
  /** Turns down what is offered, or ends what is under way. */
  dismissConversion(): void;
}

export interface ConversionOptions {
  /** Address of the folder of the converter's core; undefined where there is none. */
  readonly converterUrl: string | URL | undefined;
  readonly get: () => ConversionState;
  readonly set: (change: Partial<ConversionState>) => void;
  /** As `openConverter` of convert-file.ts. */
  readonly open?: (folder: URL) => Promise<Converter>;
  /** As `converterSize` of convert-file.ts. */
  readonly sizeOf?: (folder: URL) => Promise<number | undefined>;
}

/** @returns the state, and what ends the converter */
export function conversionActions(options: ConversionOptions): readonly [ConversionState, () => void] {
  /** Loaded with the first file that is not read. */
  let conversions: Conversions | undefined;
  const loaded = async (): Promise<Conversions> => {
    const { createConversions } = await import('./conversions');
    return (conversions ??= createConversions(options));
  };
  const state: ConversionState = {
    async readOrConvert(file, read) {
      try {
        return [file, await read(file)];
      } catch (error) {
        const made = await (await loaded()).convert(file, error);
        if (made === undefined) throw error;
        return [made, await read(made)];
      }
    },
    convertOffered: () => conversions?.accept(),
    dismissConversion: () => conversions?.dismiss(),
  };
  return [state, () => conversions?.close()];
}
