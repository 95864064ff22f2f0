import { expect, it, vi } from 'vitest';
import { takeAddress, takeLaunch, type LaunchOptions } from './launches';
import { keepShared } from './shared';
import { memoryCaches } from './testing';

const base = 'https://host.example/studio/';
const handleOf = (name: string): Pick<FileSystemFileHandle, 'getFile'> => ({ getFile: async () => new File([name], name) });

function studioOf() {
  const caches = memoryCaches();
  const studio = { openWorkspace: vi.fn(), takeFiles: vi.fn(() => Promise.resolve()), edit: vi.fn() };
  const options: LaunchOptions = { studio: () => studio, base, caches: () => caches };
  const taken = (): string[][] => studio.takeFiles.mock.calls.map((call: unknown[]) => (call[0] as File[]).map(({ name }) => name));
  return { studio, options, caches, taken };
}

it('opens the view of a shortcut, and none that there is not', async () => {
  const { studio, options, taken } = studioOf();
  await takeLaunch({ targetURL: `${base}?open=compare` }, options);
  await takeLaunch({ targetURL: `${base}?open=paint` }, options);
  await takeLaunch({ targetURL: base }, options);
  expect(studio.openWorkspace.mock.calls).toEqual([['compare']]);
  expect(taken()).toEqual([]);
});

it('takes files, with an address or an empty one; only a project leaves the view as it is', async () => {
  const { studio, options, taken } = studioOf();
  await takeLaunch({ targetURL: '', files: [handleOf('a.aiprod')] }, options);
  expect(studio.openWorkspace).not.toHaveBeenCalled();
  await takeLaunch({ targetURL: base, files: [handleOf('clip.mp4')] }, options);
  expect(studio.openWorkspace.mock.calls).toEqual([['create']]);
  expect(taken()).toEqual([['a.aiprod'], ['clip.mp4']]);
});

it('takes what was shared once, and its words only where there are some', async () => {
  const { studio, options, caches, taken } = studioOf();
  const form = new FormData();
  form.append('files', new File(['x'], 'clip.mp4'));
  form.append('files', new File(['x'], 'a.aiprod'));
  await keepShared(form, base, caches);
  expect(await takeAddress(new URL('?shared', base), options)).toBe(true);
  expect(taken()).toEqual([['clip.mp4', 'a.aiprod']]);
  expect(studio.edit).not.toHaveBeenCalled();
  await takeAddress(new URL('?shared', base), options);
  expect(taken()).toHaveLength(1);
  expect(await takeAddress(new URL(base), options)).toBe(false);
});
