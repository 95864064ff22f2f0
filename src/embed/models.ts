import type { ModelFiles, ModelsSetup, OfferedModel } from '../../workers';

/** A model that the host offers beside the built-in one: read where it lies, by range, and never copied. */
export interface HostModel extends Omit<OfferedModel, 'from'> {
  /** Address of a weight file or of a folder in diffusers layout, or the files of such a folder by path. */
  readonly from: string | URL | ReadonlyMap<string, Blob>;
}

/** Where models come from and are kept, in place of the studio's own ways. Settled when it is mounted. */
export interface StudioModels {
  readonly offered?: readonly HostModel[];
  /** Name of the model that the studio opens with; the built-in one when left out. */
  readonly initial?: string;
  /** Address of the hub that ids name; huggingface.co when left out. */
  readonly hub?: string | URL;
  /** Where fetched models are kept; the browser's private file system of this page when left out. */
  readonly storage?: ModelFiles;
}

/** As the worker is told: addresses are absolute there, for its own may be another. */
export function setupOf(models: StudioModels = {}, modelsUrl?: string | URL): ModelsSetup {
  const { offered, hub } = models;
  const absolute = (address: string | URL): string => new URL(address, document.baseURI).href;
  return {
    ...(modelsUrl === undefined ? {} : { address: absolute(modelsUrl) }),
    ...(hub === undefined ? {} : { hub: absolute(hub) }),
    ...(offered === undefined
      ? {}
      : {
          offered: offered.map(({ from, ...model }) => ({
            ...model,
            from: typeof from === 'string' || from instanceof URL ? absolute(from) : from,
          })),
        }),
  };
}
