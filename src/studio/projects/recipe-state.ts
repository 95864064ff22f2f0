import type { GeneratorConnection } from '../../../workers';
import { readRecipe } from '../../media';
import { adapterName, parseRecipe, type GeneratedClip, type Recipe } from '../../pipelines';
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

/** Longest file that is looked into: recipes stand in files of clips, not of films. */
const longestFile = 1024 * 1024 * 1024;

export function recipeActions({ get, set, storage, connection }: RecipeOptions): RecipeState {
  const recipeOf = async (file: File): Promise<Recipe | undefined> => {
    if (file.size > longestFile) return undefined;
    try {
      return parseRecipe(await readRecipe(file), file.name);
    } catch (error) {
      // Most files carry none.
      console.info(`recipes: ${file.name}: ${problemOf(error).report}`);
      return undefined;
    }
  };

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

/** The files of a recipe's model beside those here. LoRAs are no files of the model: the job that names them says whether they are here. */
function compared({ job, model }: Recipe, here: Readonly<Record<string, string>>): RecipeReport['weights'] {
  const loras = new Set((job.loras ?? []).map(({ path }) => path));
  const files = Object.entries(model.files).filter(([name]) => !loras.has(name));
  return {
    changed: files.filter(([name, fingerprint]) => name in here && here[name] !== fingerprint).map(([name]) => name),
    absent: files.filter(([name]) => !(name in here)).map(([name]) => name),
  };
}
