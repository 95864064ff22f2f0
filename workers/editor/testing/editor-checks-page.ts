/** The page of `editor.test.ts`: its checks under one global name. */
import * as editorChecks from './editor-checks';
import { timeSteps } from './time-steps';

const checks = { ...editorChecks, timeSteps };

declare global {
  var editorChecks: typeof checks | undefined;
}

globalThis.editorChecks = checks;
