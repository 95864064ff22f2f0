/** The checks in a Web Worker, where the page encodes. */
import { expose } from 'comlink';
import * as checks from './browser-checks';

expose(checks);
