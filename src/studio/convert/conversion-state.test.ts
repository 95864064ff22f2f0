import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { AiprodError } from '../../errors';
import { problemOf } from '../state/problem';
import { conversionActions, type ConversionOptions, type ConversionState } from './conversion-state';
import { unreadOf } from './convertible';

const unread = new AiprodError('bad-input', 'The file is of no kind that is read here');
const avi = new File(['RIFF\0\0\0\0AVI LIST'], 'old.avi');
const made = new File(['made'], 'old.avi');

/** Reads what was converted and nothing else. */
const read = async (file: File): Promise<string> => {
  if (file !== made) throw unread;
  return 'read';
};

function studio(options: Partial<ConversionOptions> = {}) {
  const convert = vi.fn(async () => made);
  const close = vi.fn();
  const open = vi.fn(async () => ({ convert, close }));
  const parts: { end(): void } = { end: () => undefined };
  const store = createStore<ConversionState>()((set, get) => {
    const [state, end] = conversionActions({ converterUrl: '/converter/', sizeOf: async () => 32e6, open, ...options, get, set });
    parts.end = end;
    return state;
  });
  const offered = (): Promise<void> => vi.waitFor(() => expect(store.getState().conversion?.status).toBe('offered'));
  return { store, convert, close, open, offered, end: () => parts.end() };
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing',
    (error: unknown) => (error instanceof AiprodError ? error.code : error),
  );

beforeAll(() => vi.stubGlobal('document', { baseURI: 'https://host.example/studio/' }));
afterAll(() => vi.unstubAllGlobals());

describe('unreadOf', () => {
  const of = (content: string, error: unknown) => unreadOf(new File([content], 'file'), error);
  const undecoded = new AiprodError('codec-unavailable', 'This browser does not decode the video');

  it('takes what another program reads, and nothing else', async () => {
    expect(await of('RIFF\0\0\0\0AVI LIST', unread)).toEqual({ format: 'AVI' });
    expect(await of('\0\0\0\x18ftypqt  ', undecoded)).toEqual({ format: undefined });
    // Damaged, empty, text; a fault that has nothing to do with the file.
    for (const content of ['\0\0\0\x18ftypisom', '', 'words']) expect(await of(content, unread)).toBeUndefined();
    for (const error of [new AiprodError('storage-full', 'full'), new Error('broken')])
      expect(await of('RIFF\0\0\0\0AVI LIST', error)).toBeUndefined();
  });
});

describe('readOrConvert', () => {
  it('reads what can be read without a word', async () => {
    const { store, open } = studio();
    expect(await store.getState().readOrConvert(made, read)).toEqual([made, 'read']);
    expect(open).not.toHaveBeenCalled();
  });

  it('asks first, says the size, and asks no more once the converter is loaded', async () => {
    const { store, open, convert, offered } = studio();
    const first = store.getState().readOrConvert(avi, read);
    await offered();
    expect(store.getState().conversion).toMatchObject({ name: 'old.avi', format: 'AVI', bytes: avi.size, converterBytes: 32e6 });
    expect(open).not.toHaveBeenCalled();
    store.getState().convertOffered();
    expect(await first).toEqual([made, 'read']);
    expect(store.getState().conversion).toBeUndefined();
    expect(await store.getState().readOrConvert(avi, read)).toEqual([made, 'read']);
    expect([open.mock.calls.length, convert.mock.calls.length]).toEqual([1, 2]);
    expect(open).toHaveBeenCalledWith(new URL('https://host.example/converter/'));
  });

  it('gives the fault of reading where the person would rather not, and asks again for the next file', async () => {
    const { store, open, offered } = studio();
    const reading = store.getState().readOrConvert(avi, read);
    const next = store.getState().readOrConvert(avi, read);
    await offered();
    store.getState().dismissConversion();
    await expect(reading).rejects.toBe(unread);
    await offered();
    store.getState().dismissConversion();
    await expect(next).rejects.toBe(unread);
    expect(open).not.toHaveBeenCalled();
  });

  it('says plainly where there is no converter', async () => {
    const { store } = studio({ converterUrl: undefined });
    const error: unknown = await store
      .getState()
      .readOrConvert(avi, read)
      .catch((cause: unknown) => cause);
    expect(problemOf(error)).toMatchObject({ code: 'codec-unavailable', words: 'no-converter' });
    expect(problemOf(error).report).toContain('AVI');
  });

  it('ends at once when it is cancelled, while it converts and while it loads', async () => {
    let failed: (cause: unknown) => void = () => undefined;
    const convert = (): Promise<File> => new Promise((_, reject) => (failed = reject));
    const close = vi.fn(() => failed(new AiprodError('cancelled', 'The conversion was cancelled')));
    const converting = studio({ open: async () => ({ convert, close }) });
    const first = converting.store.getState().readOrConvert(avi, read);
    await converting.offered();
    converting.store.getState().convertOffered();
    await vi.waitFor(() => expect(converting.store.getState().conversion).toMatchObject({ status: 'converting', part: 0 }));
    converting.store.getState().dismissConversion();
    expect(converting.store.getState().conversion).toBeUndefined();
    expect(await codeOf(first)).toBe('cancelled');

    let arrive = (): void => undefined;
    const arriving = new Promise<void>((resolve) => (arrive = resolve));
    const loading = studio({ open: () => arriving.then(() => ({ convert, close })) });
    const second = loading.store.getState().readOrConvert(avi, read);
    await loading.offered();
    loading.store.getState().convertOffered();
    await vi.waitFor(() => expect(loading.store.getState().conversion?.status).toBe('loading'));
    loading.store.getState().dismissConversion();
    close.mockClear();
    arrive();
    expect(await codeOf(second)).toBe('cancelled');
    expect(close).toHaveBeenCalledOnce();
  });

  it('tells faults of the converter, and takes the next file all the same', async () => {
    const open = vi.fn(async () => Promise.reject(new AiprodError('network-failure', 'The converter could not be loaded')));
    const { store, offered } = studio({ open });
    for (let attempt = 0; attempt < 2; attempt++) {
      const reading = store.getState().readOrConvert(avi, read);
      await offered();
      store.getState().convertOffered();
      expect(await codeOf(reading)).toBe('network-failure');
    }
  });

  it('loads the converter anew after it failed, without asking again', async () => {
    const { store, open, convert, close, offered } = studio();
    convert.mockRejectedValueOnce(new AiprodError('out-of-memory', 'too large'));
    const reading = store.getState().readOrConvert(avi, read);
    await offered();
    store.getState().convertOffered();
    expect(await codeOf(reading)).toBe('out-of-memory');
    expect(close).toHaveBeenCalledOnce();
    expect(await store.getState().readOrConvert(avi, read)).toEqual([made, 'read']);
    expect(open).toHaveBeenCalledTimes(2);
  });
});
