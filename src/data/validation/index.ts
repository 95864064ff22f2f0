/** Data sets judged before anything is learned from them: quality, content, duplicates, diversity. */
export { FINDING_CODES, type ClipBounds, type Finding, type FindingCode } from './findings';
export { validateSet, type SampleReport, type SetDiversity, type SetReport, type ValidateSetOptions } from './validate-set';
