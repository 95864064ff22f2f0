/** What needs no React and no GPU: projects and their edits, jobs, recipes. */
export { AiprodError, type ErrorCode, type ErrorDetails } from '../errors';
export * from '../project';
export { jobSchema, parseJob, parseRecipe, recipeSchema, type Job, type JobInput, type Recipe } from '../pipelines/web';
