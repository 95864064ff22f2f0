/** The page of `editor.test.ts`: its checks under one global name. */
import * as editorChecks from './editor-checks';
import * as exportChecks from './export-checks';
import { longExport, prepareLongExport } from './long-export';
import { timeSteps } from './time-steps';

const checks = { ...editorChecks, ...exportChecks, timeSteps, prepareLongExport, longExport };

declare global {
  var editorChecks: typeof checks | undefined;
}

globalThis.editorChecks = checks;
