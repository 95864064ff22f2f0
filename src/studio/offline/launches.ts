import { isProjectFile } from '../projects/file-content';
import type { StudioState } from '../state/studio-store';
import { workspaces } from '../state/workspaces';
import { sharedParameter, takeShared, type SharedCaches } from './shared';

/** What the system opened the installed app with (Launch Handler and File Handling). */
export interface Launch {
  /** Empty where an app that was open already is given files (Chromium, WICG web-app-launch 96). */
  readonly targetURL?: string;
  readonly files?: readonly Pick<FileSystemFileHandle, 'getFile'>[];
}

/** Of the studio and its page, what takes a launch. */
export interface LaunchOptions {
  readonly studio: () => Pick<StudioState, 'openWorkspace' | 'takeFiles' | 'edit'>;
  /** Address of the folder that the app is served from. */
  readonly base: string;
  /** Asked for a share only: an insecure address has none. */
  readonly caches: () => SharedCaches;
}

/** Does what the app was launched for: it is shown as it stands, but for the view that a shortcut names, and the files. */
export async function takeLaunch({ targetURL = '', files = [] }: Launch, options: LaunchOptions): Promise<void> {
  if (targetURL !== '') await takeAddress(new URL(targetURL, options.base), options);
  await takeAll(await Promise.all(files.map((handle) => handle.getFile())), options);
}

/**
 * Does what an address of the app asks for: opens the view that a shortcut names, takes what another app shared. A share is posted by
 * navigating there, also in a window that is open already (Chromium, WICG web-app-launch 62): what it was at work on is kept before.
 * @returns whether it asked for anything
 */
export async function takeAddress(address: URL, options: LaunchOptions): Promise<boolean> {
  const { studio, base, caches } = options;
  const workspace = workspaces.find((name) => name === address.searchParams.get('open'));
  if (workspace !== undefined) studio().openWorkspace(workspace);
  if (!address.searchParams.has(sharedParameter)) return workspace !== undefined;
  const shared = await takeShared(base, caches());
  const text = shared?.text.trim() ?? '';
  studio().openWorkspace('create');
  if (text !== '') studio().edit({ prompt: text });
  await takeAll(shared?.files ?? [], options);
  return true;
}

/** Clips, images and sounds are worked from in Create; a project is opened in the view at hand. */
async function takeAll(files: readonly File[], { studio }: LaunchOptions): Promise<void> {
  if (files.length === 0) return;
  if (!files.every(isProjectFile)) studio().openWorkspace('create');
  await studio().takeFiles(files);
}
