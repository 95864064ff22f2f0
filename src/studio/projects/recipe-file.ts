import { readRecipe } from '../../media';
import { parseRecipe, type Recipe } from '../../pipelines';
import { problemOf } from '../state/problem';
import type { RecipeReport } from './recipe-state';

/** Longest file that is looked into: recipes stand in files of clips, not of films. */
const longestFile = 1024 * 1024 * 1024;

/** The recipe that a file carries; undefined where it carries none. */
export async function recipeOf(file: File): Promise<Recipe | undefined> {
  if (file.size > longestFile) return undefined;
  try {
    return parseRecipe(await readRecipe(file), file.name);
  } catch (error) {
    // Most files carry none.
    console.info(`recipes: ${file.name}: ${problemOf(error).report}`);
    return undefined;
  }
}

/** The files of a recipe's model beside those here. LoRAs are no files of the model: the job that names them says whether they are here. */
export function compared({ job, model }: Recipe, here: Readonly<Record<string, string>>): RecipeReport['weights'] {
  const loras = new Set((job.loras ?? []).map(({ path }) => path));
  const files = Object.entries(model.files).filter(([name]) => !loras.has(name));
  return {
    changed: files.filter(([name, fingerprint]) => name in here && here[name] !== fingerprint).map(([name]) => name),
    absent: files.filter(([name]) => !(name in here)).map(([name]) => name),
  };
}
