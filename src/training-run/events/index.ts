/** TensorBoard's event files. */
export { openEventFile, type EventFile } from './event-file';
export type { SummaryValue } from './summary';
