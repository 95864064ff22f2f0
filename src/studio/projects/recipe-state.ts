import type { GeneratorConnection } from '../../../workers';
import { adapterName, type GeneratedClip } from '../../pipelines';
import { problemOf } from '../state/problem';
import type { Environment } from '../state/studio-store';
import type { StudioStorage } from '../storage/storage';

/** What taking a file's settings over came to. */
export interface RecipeReport {
  readonly file: string;
  readonly model: string;
  /** Whether the model is here: without it nothing was taken over. */
  readonly hasModel: boolean;
  /** Files of its model that differ from those here, or are not here; undefined where those here could not be read. */
  readonly weights: { readonly changed: readonly string[]; readonly absent: readonly string[] } | undefined;
  readonly adapter: { readonly made: string; readonly here: string };
  /** Files that the clip was made from and that are not here. */
  readonly missing: readonly string[];
}

export interface RecipeState {
  readonly recipeReport: RecipeReport | undefined;
  /**
   * Puts the settings that a clip's file carries into the form.
   * @returns false for a file that carries none
   */
  takeRecipe(file: File): Promise<boolean>;
  dismissRecipe(): void;
}

export interface RecipeOptions {
  readonly get: () => {
    readonly environment: Environment;
    readonly models: readonly { readonly name: string }[];
    reuse(clip: { readonly id: string; readonly content: Pick<GeneratedClip, 'recipe'> }): Promise<void>;
  };
  readonly set: (change: Partial<RecipeState>) => void;
  readonly storage: StudioStorage;
  readonly connection: () => Pick<GeneratorConnection, 'fingerprints'> | undefined;
}

export function recipeActions({ get, set, storage, connection }: RecipeOptions): RecipeState {
  const weightsHere = async (model: string): Promise<Readonly<Record<string, string>> | undefined> => {
    try {
      return await connection()?.fingerprints(model);
    } catch (error) {
      console.warn(`recipes: the files of ${model} could not be compared: ${problemOf(error).report}`);
      return undefined;
    }
  };

  return {
    recipeReport: undefined,

    async takeRecipe(file) {
      // Few visits look into a file.
      const { compared, recipeOf } = await import('./recipe-file');
      const recipe = await recipeOf(file);
      const { environment, models, reuse } = get();
      if (recipe === undefined || environment.status !== 'ready') return false;
      const { model } = recipe.job;
      const hasModel = models.some(({ name }) => name === model);
      if (hasModel) await reuse({ id: '', content: { recipe } });
      const kept = new Set((await storage.listFiles()).map(({ fingerprint }) => fingerprint));
      const missing = Object.entries(recipe.inputs ?? {}).filter(([, fingerprint]) => !kept.has(fingerprint));
      const here = adapterName(environment.description.adapter);
      const own = hasModel ? await weightsHere(model) : undefined;
      set({
        recipeReport: {
          ...{
            file: file.name,
            model,
            hasModel,
            weights: own === undefined ? undefined : compared(recipe, own),
            adapter: { made: recipe.adapter.name, here },
          },
          missing: missing.map(([name]) => name),
        },
      });
      return true;
    },

    dismissRecipe: () => set({ recipeReport: undefined }),
  };
}
