import { expect, it, vi } from 'vitest';
import { writeProject } from '../../../project';
import { memoryStorage } from '../../storage/storage';
import { clipOf, opened } from '../../state/testing';
import { managerOf } from './manager-store';

const secret = 'hf_NobodyElseMayReadThis';

it('leaves the page for the worker at once: no state, project, recipe or kept document has the token', async () => {
  const storage = memoryStorage();
  const { store, connection, jobs, answers } = await opened({ storage });
  const since = '2026-11-30T12:00:00.000Z';
  vi.mocked(connection.keepHubToken).mockResolvedValue({ since });
  vi.mocked(connection.hubToken).mockResolvedValue(undefined);
  vi.mocked(connection.forgetHubToken).mockResolvedValue(undefined);
  const manager = managerOf(store);
  await manager.getState().askToken();
  expect(manager.getState().token).toEqual({ status: 'none' });
  await manager.getState().keepToken(secret);
  expect(connection.keepHubToken).toHaveBeenCalledWith(secret);
  expect(manager.getState().token).toEqual({ status: 'kept', since });

  const made = store.getState().generate();
  await vi.waitFor(() => expect(jobs).toHaveLength(1));
  answers[0].resolve(clipOf(jobs[0]));
  await made;
  await store.getState().saveNow();
  const documents = await Promise.all((await storage.listDocuments()).map((name) => storage.readDocument(name)));
  expect(documents.length).toBeGreaterThan(0);
  const texts = [
    ...[writeProject(store.getState().wholeProject()), JSON.stringify(jobs), JSON.stringify(store.getState().clips)],
    ...[JSON.stringify(store.getState()), JSON.stringify(manager.getState()), ...documents],
  ];
  for (const text of texts) expect(text).not.toContain(secret);

  await manager.getState().forgetToken();
  expect(manager.getState().token).toEqual({ status: 'none' });
});
