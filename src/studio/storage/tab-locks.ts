/** Keeps two tabs from writing one thing at once. */
export interface TabLocks {
  /**
   * Takes a name for this tab until it is released or the tab closes.
   * @returns what gives it back, done when others can take it; undefined when another tab has it
   */
  take(name: string, options: TakeOptions): Promise<(() => Promise<void>) | undefined>;
}

export interface TakeOptions {
  /** Takes it from the tab that has it, which hears of that. */
  readonly steal?: boolean;
  /** Hears that another tab took it. */
  onLost(): void;
}

/** Web Locks, which the browser gives back when a tab closes or crashes. Where it has none, every tab is taken to be the only one. */
export function tabLocks(locks: LockManager | undefined = typeof navigator === 'undefined' ? undefined : navigator.locks): TabLocks {
  return {
    take(name, { steal = false, onLost }) {
      if (locks === undefined) return Promise.resolve(() => Promise.resolve());
      return new Promise((resolve, reject) => {
        let released = false;
        const options: LockOptions = steal ? { steal: true } : { ifAvailable: true };
        const held = locks.request(`aiprod-${name}`, options, async (lock) => {
          if (lock === null) return resolve(undefined);
          await new Promise<void>((release) => {
            resolve(() => {
              released = true;
              release();
              return held.then(
                () => undefined,
                () => undefined,
              );
            });
          });
        });
        held.catch((error: unknown) => {
          // A lock that is stolen ends the request that held it.
          if (error instanceof DOMException && error.name === 'AbortError' && !released) onLost();
          else reject(error instanceof Error ? error : new Error(String(error)));
        });
      });
    },
  };
}
