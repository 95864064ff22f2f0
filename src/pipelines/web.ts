/** Jobs and recipes as plain data: what a page needs that runs none. */
export { framesPerSecond, jobSchema, maxPromptLength, parseJob, pipelineNames, type Job, type JobInput, type PipelineName } from './job';
export { fingerprintFile, jobForRecipe, parseRecipe, recipeSchema, type Recipe } from './recipe';
