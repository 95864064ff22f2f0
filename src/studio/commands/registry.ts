import { commandIds, declarationOf, type CommandId } from './declarations';
import { belongsToFields, type Key } from './keys';

/** The commands of one mounted studio: which can be run now, and by which keys. */
export interface CommandRegistry {
  /** Makes a command available; who came last does it. Gives back what takes it away again. */
  provide(id: CommandId, run: () => void): () => void;
  /** In the order of their declaration. */
  available(): readonly CommandId[];
  /** Does nothing where the command is not available. */
  run(id: CommandId): void;
  /** The available command of a key; in a field only one that works there. */
  commandOf(key: Key, inField: boolean): CommandId | undefined;
  keysOf(id: CommandId): readonly Key[];
  /** Gives a command other keys; undefined its own again. */
  bind(id: CommandId, keys: readonly Key[] | undefined): void;
  bindings(): KeyBindings;
  /** Calls back when commands come or go, or keys change. */
  subscribe(listener: () => void): () => void;
  /** What plays in the workspace at hand, for programs; undefined where nothing does. */
  transport(): Transport | undefined;
  /** Makes a transport the one at hand; gives back what takes it away again. */
  show(transport: Transport): () => void;
}

/** Something that plays by frames. */
export interface Transport {
  readonly playing: boolean;
  readonly frame: number;
  toggle(): void;
  /** Stands, and goes to a frame, or the nearest there is. */
  seek(frame: number): void;
}

/** Keys that a person gave to commands; the others have those of their declaration. */
export type KeyBindings = Readonly<Partial<Record<CommandId, readonly Key[]>>>;

export function createCommandRegistry(bound: KeyBindings = {}): CommandRegistry {
  const providers = new Map<CommandId, (() => void)[]>();
  const listeners = new Set<() => void>();
  let bindings = bound;
  let available: readonly CommandId[] = [];
  let shown: Transport | undefined;

  const changed = (): void => {
    available = commandIds.filter((id) => (providers.get(id)?.length ?? 0) > 0);
    for (const listener of listeners) listener();
  };
  const keysOf = (id: CommandId): readonly Key[] => bindings[id] ?? declarationOf(id).keys;

  return {
    provide(id, run) {
      const own = (): void => run();
      providers.set(id, [...(providers.get(id) ?? []), own]);
      changed();
      return () => {
        providers.set(
          id,
          (providers.get(id) ?? []).filter((other) => other !== own),
        );
        changed();
      };
    },
    available: () => available,
    run: (id) => providers.get(id)?.at(-1)?.(),
    commandOf: (key, inField) =>
      available.find((id) => keysOf(id).includes(key) && (!inField || declarationOf(id).inFields === true || !belongsToFields(key))),
    keysOf,
    bind(id, keys) {
      const { [id]: _, ...others } = bindings;
      bindings = keys === undefined ? others : { ...others, [id]: keys };
      changed();
    },
    bindings: () => bindings,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    transport: () => shown,
    show(transport) {
      shown = transport;
      return () => {
        if (shown === transport) shown = undefined;
      };
    },
  };
}

/** The command that has this key already where `id` works too; undefined where it is free. */
export function holderOf(registry: Pick<CommandRegistry, 'keysOf'>, id: CommandId, key: Key): CommandId | undefined {
  const { scope } = declarationOf(id);
  return commandIds.find((other) => {
    const { scope: itsScope } = declarationOf(other);
    const meet = scope === itsScope || scope === 'studio' || itsScope === 'studio';
    return other !== id && meet && registry.keysOf(other).includes(key);
  });
}
