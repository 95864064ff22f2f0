import type { StudioStorage } from '../storage/storage';
import type { TabLocks } from '../storage/tab-locks';
import { loadProject, ProjectWriter, type ProjectFrame } from './saved-project';

/**
 * Changes a project that is kept and at hand in no tab.
 * @returns it as it is then; undefined where it is gone, or a tab has it
 */
export async function otherProject(
  { storage, locks }: { readonly storage: StudioStorage; readonly locks: TabLocks },
  id: string,
  change: (project: ProjectFrame) => ProjectFrame,
): Promise<ProjectFrame | undefined> {
  const free = await locks.take(`project-${id}`, { onLost: () => undefined });
  if (free === undefined) return undefined;
  try {
    const loaded = await loadProject(storage, id);
    if (loaded === undefined) return undefined;
    const project = change(loaded.project);
    await new ProjectWriter(storage, id, loaded).save(project, loaded.edited);
    return project;
  } finally {
    await free();
  }
}
