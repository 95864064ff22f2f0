import { createContext, useContext, useEffect, useSyncExternalStore } from 'react';
import type { CommandId } from './declarations';
import type { Key } from './keys';
import { createCommandRegistry, type CommandRegistry, type Transport } from './registry';

/** The commands of the studio that a component is part of; outside of one, a component's commands go nowhere. */
export const CommandContext = createContext<CommandRegistry>(createCommandRegistry());

export function useCommandRegistry(): CommandRegistry {
  return useContext(CommandContext);
}

/**
 * Makes a command available while the component is mounted, unless `run` is undefined. Its keys are handled where the studio's are:
 * a component listens to no keys of its own, but for those that work within it while it has the focus.
 */
export function useCommand(id: CommandId, run: (() => void) | undefined): void {
  const registry = useCommandRegistry();
  useEffect(() => (run === undefined ? undefined : registry.provide(id, run)), [registry, id, run]);
}

/** Lets programs steer what a component plays while it is mounted. */
export function useTransport(transport: Transport): void {
  const registry = useCommandRegistry();
  useEffect(() => registry.show(transport));
}

export function useAvailableCommands(): readonly CommandId[] {
  const { subscribe, available } = useCommandRegistry();
  return useSyncExternalStore(subscribe, available, available);
}

export function useKeysOf(registry: CommandRegistry, id: CommandId): readonly Key[] {
  const keys = (): readonly Key[] => registry.keysOf(id);
  return useSyncExternalStore(registry.subscribe, keys, keys);
}
