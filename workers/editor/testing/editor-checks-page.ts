/** The page of `editor.test.ts`: its checks under one global name. */
import * as checks from './editor-checks';

declare global {
  var editorChecks: typeof checks | undefined;
}

globalThis.editorChecks = checks;
