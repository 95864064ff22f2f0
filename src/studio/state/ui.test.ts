import { expect, it } from 'vitest';
import { emptyProject, writeProject } from '../../project';
import { opened } from './testing';
import { checkedUi, shows, uiParts } from './ui';

it('shows everything where nothing is left out', async () => {
  const { store } = await opened();
  expect(store.getState().workspace).toBe('create');
  expect(uiParts.filter((part) => !shows(store.getState(), part))).toEqual([]);
});

it('opens no view that is left out, and leaves one that a host takes away', async () => {
  const { store } = await opened({ ui: { workspaces: ['edit', 'compare'] } });
  expect(store.getState().workspace).toBe('edit');
  store.getState().composeFrom({ pipeline: 'extend', media: 'm' });
  expect(store.getState().workspace).toBe('edit');
  store.getState().openWorkspace('compare');
  expect(store.getState().workspace).toBe('compare');
  store.getState().showUi({ workspaces: ['create', 'train'], history: false });
  expect(store.getState().workspace).toBe('create');
  expect(shows(store.getState(), 'history')).toBe(false);
});

it('takes no file for a part that is left out', async () => {
  const { store } = await opened({ ui: { projects: false, inputs: false } });
  const { project } = store.getState();
  const other = emptyProject('p', 'Other', { width: 320, height: 180, rate: { numerator: 24, denominator: 1 } });
  const files = [new File([writeProject(other)], 'other.aiprod'), new File([''], 'picture.png', { type: 'image/png' })];
  await store.getState().takeFiles(files);
  expect(store.getState().project.id).toBe(project.id);
  expect(store.getState().inputs.images).toEqual([]);
  store.getState().showUi({});
  await store.getState().takeFiles(files);
  expect(store.getState().project.name).toBe('Other');
  expect(store.getState().inputs.images).toHaveLength(1);
});

it('refuses a part or a view that there is not, a view twice, and no view at all', () => {
  const told = (ui: object): unknown => checkedUi(ui);
  expect(() => told({ sidebar: false })).toThrow('workspaces, header, projects');
  expect(() => told({ workspaces: ['create', 'paint'] })).toThrow('paint');
  expect(() => told({ workspaces: ['create', 'create'] })).toThrow('each once');
  expect(() => told({ workspaces: [] })).toThrow('found none');
});
