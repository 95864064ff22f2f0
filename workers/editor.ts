/** The worker that decodes and puts together what is edited, and draws it: an editor for the page, through Comlink. */
import * as Comlink from 'comlink';
import { installErrorTransfer } from './error-transfer';
import { createEditor } from './editor/create-editor';
import { removeLostDownloads } from './editor/downloads-folder';

installErrorTransfer();
Comlink.expose(createEditor());
// A browser that keeps no files for this page has none of them.
removeLostDownloads().catch(console.info);
