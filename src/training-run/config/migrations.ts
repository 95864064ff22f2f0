import type { Migration } from '../../config';
import { fromLtx2Trainer } from './from-ltx2-trainer';

/** From version 1 of the configuration on. */
export const trainingMigrations: readonly Migration[] = [fromLtx2Trainer];
