import type { SharedCaches } from './shared';

/** Cache Storage in memory, as far as it is used. */
export function memoryCaches(): SharedCaches {
  const stored = new Map<string, Map<string, Response>>();
  return {
    open(name) {
      const files = stored.get(name) ?? new Map<string, Response>();
      stored.set(name, files);
      return Promise.resolve({
        put: (key, response) => Promise.resolve(void files.set(key, response)),
        match: (key) => Promise.resolve(files.get(key)?.clone()),
        keys: () => Promise.resolve([...files.keys()].map((url) => ({ url }))),
      });
    },
    delete: (name) => Promise.resolve(stored.delete(name)),
  };
}
