import { createStore, del, get, set, type UseStore } from 'idb-keyval';
import { z } from 'zod';
import { AiprodError } from '../src/errors';

/** What is told of the hub token that is kept: never the token itself. */
export interface HubTokenState {
  /** When it was given, ISO 8601. */
  readonly since: string;
}

/** The person's token for models that the hub gives to accounts only. It is given to the worker once, and does not come back. */
export interface HubTokenApi {
  /** Undefined where none is kept. */
  hubToken(): Promise<HubTokenState | undefined>;
  /** Keeps a token in this browser, in place of the one before. @throws AiprodError `bad-usage` for what cannot be one */
  keepHubToken(token: string): Promise<HubTokenState>;
  forgetHubToken(): Promise<void>;
}

const keptSchema = z.object({ token: z.string(), since: z.iso.datetime() });
export type KeptToken = z.infer<typeof keptSchema>;

/** Where the token lies. */
export interface TokenMemory {
  read(): Promise<unknown>;
  write(kept: KeptToken): Promise<void>;
  remove(): Promise<void>;
}

/** In a database of its own of this origin, which only the worker opens: apart from projects, settings and files. */
export function browserTokenMemory(): TokenMemory {
  let opened: UseStore | undefined;
  const store = (): UseStore => (opened ??= createStore('aiprod-hub', 'token'));
  return {
    read: () => get<unknown>('token', store()),
    write: (kept) => set('token', kept, store()),
    remove: () => del('token', store()),
  };
}

export interface HubToken extends HubTokenApi {
  /** For requests to the hub, and for nothing else. */
  token(): Promise<string | undefined>;
}

export function createHubToken(memory: TokenMemory): HubToken {
  const kept = async (): Promise<KeptToken | undefined> => {
    // A browser that keeps nothing for the page keeps no token either.
    const value = await memory.read().catch(() => undefined);
    const parsed = keptSchema.safeParse(value);
    return parsed.success ? parsed.data : undefined;
  };
  return {
    async hubToken() {
      const found = await kept();
      return found === undefined ? undefined : { since: found.since };
    },
    async keepHubToken(text) {
      const token = text.trim();
      // What was given is not repeated: messages end in reports.
      if (!/^[\x21-\x7e]{8,500}$/.test(token)) {
        throw new AiprodError('bad-usage', 'this is no token of the hub', {
          expected: '8 to 500 letters, digits and signs without spaces, as the hub shows it',
          hint: 'Copy the whole token, as from the page of your account',
        });
      }
      const since = new Date().toISOString();
      await memory.write({ token, since });
      return { since };
    },
    forgetHubToken: () => memory.remove(),
    token: async () => (await kept())?.token,
  };
}
