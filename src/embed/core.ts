/** What needs no React and no GPU: projects, jobs, and a small writer of MP4. */
export { AiprodError, type ErrorCode, type ErrorDetails } from '../errors';
export * from '../project';
export { jobSchema, parseJob, parseRecipe, recipeSchema, type Job, type JobInput, type Recipe } from '../pipelines/web';
