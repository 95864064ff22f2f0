/** Settings by name, as a file has them. */
export type Settings = Readonly<Record<string, unknown>>;

export function isMapping(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
