import { lazy, Suspense, useCallback, useEffect, useState, type ReactNode, type RefObject } from 'react';
import { usePreferences } from '../preferences/context';
import type { Theme } from '../preferences/theme';
import { useStudio, useStudioStore } from '../state/context';
import { shownWorkspaces } from '../state/ui';
import { CommandContext, useCommand } from './context';
import type { CommandId } from './declarations';
import type { CommandRegistry } from './registry';
import { storeBindings } from './stored-bindings';
import { useCommandKeys } from './use-command-keys';

export interface StudioCommandsProps {
  readonly registry: CommandRegistry;
  /** The studio's root element. */
  readonly root: RefObject<HTMLElement | null>;
  /** Whether keys that are pressed while nothing has the focus are the studio's. */
  readonly ownsPage: boolean;
  readonly children: ReactNode;
}

/** Gives all that is within it commands, their keys, the palette and the map of keys. */
export function StudioCommands({ registry, root, ownsPage, children }: StudioCommandsProps) {
  useEffect(() => registry.subscribe(() => storeBindings(registry.bindings())), [registry]);
  useCommandKeys(registry, root, ownsPage);
  return (
    <CommandContext.Provider value={registry}>
      {children}
      <Dialogs />
      <StoreCommands />
    </CommandContext.Provider>
  );
}

/** Loaded beside what a first visit shows. */
const CommandPalette = lazy(async () => ({ default: (await import('./CommandPalette')).CommandPalette }));
const KeyMap = lazy(async () => ({ default: (await import('./KeyMap')).KeyMap }));

function Dialogs() {
  return (
    <Suspense>
      <CommandPalette openings={useOpenings('studio.palette')} />
      <KeyMap openings={useOpenings('studio.keys')} />
    </Suspense>
  );
}

/** How often a command was run. */
function useOpenings(command: CommandId): number {
  const [openings, setOpenings] = useState(0);
  useCommand(
    command,
    useCallback(() => setOpenings((count) => count + 1), []),
  );
  return openings;
}

/** Commands that the state of the studio answers, whatever is on the screen. */
function StoreCommands() {
  const store = useStudioStore();
  const workspace = useStudio((state) => state.workspace);
  const status = useStudio((state) => state.run.status);
  const ready = useStudio((state) => state.environment.status === 'ready');
  const { generate, stop, resume, resetSettings, openWorkspace } = store.getState();
  const others = useStudio(shownWorkspaces).filter((view) => view !== workspace);
  useCommand('view.create', useWhen(others.includes('create'), openWorkspace, 'create'));
  useCommand('view.edit', useWhen(others.includes('edit'), openWorkspace, 'edit'));
  useCommand('view.compare', useWhen(others.includes('compare'), openWorkspace, 'compare'));
  useCommand('view.train', useWhen(others.includes('train'), openWorkspace, 'train'));
  useCommand('generate.start', useDone(ready, generate));
  useCommand('generate.stop', status === 'running' ? stop : undefined);
  useCommand('generate.resume', useDone(status === 'suspended', resume));
  useCommand('generate.resetSettings', ready && workspace === 'create' ? resetSettings : undefined);
  useThemeCommands();
  return null;
}

function useThemeCommands(): void {
  const { theme, chooseTheme } = usePreferences();
  const choose = (next: Theme): boolean => chooseTheme !== undefined && theme !== next;
  const set = chooseTheme ?? unchosen;
  useCommand('view.themeSystem', useWhen(choose('system'), set, 'system'));
  useCommand('view.themeLight', useWhen(choose('light'), set, 'light'));
  useCommand('view.themeDark', useWhen(choose('dark'), set, 'dark'));
}

const unchosen = (): void => undefined;

/** `run` with its argument, where it may be run. */
function useWhen<Argument>(may: boolean, run: (argument: Argument) => void, argument: Argument): (() => void) | undefined {
  const call = useCallback(() => run(argument), [run, argument]);
  return may ? call : undefined;
}

/** An action whose end nobody waits for: it tells of its failures in the state. */
function useDone(may: boolean, run: () => Promise<void>): (() => void) | undefined {
  const call = useCallback(() => void run(), [run]);
  return may ? call : undefined;
}
