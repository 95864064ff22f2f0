import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startEditor, startGenerator } from '../../workers/browser';
import { useOfflineCopy } from './offline/offline-copy';
import { missingSupport } from './state/problem';
import { opfsStorage } from './storage/opfs-storage';
import { Studio, type OfflineState } from './Studio';
import './styles/page.css';

const missing = missingSupport({ isSecureContext: window.isSecureContext, hasWebGpu: 'gpu' in navigator && navigator.gpu !== undefined });
const storage = opfsStorage();

/** Address of the converter's core beside the page, where the build found it (tools/converter-core.ts). */
declare const __AIPROD_CONVERTER__: string | undefined;
const converterUrl = __AIPROD_CONVERTER__;

function OfflinePage() {
  return <Page offline={useOfflineCopy(new URL('service-worker.js', document.baseURI).href)} />;
}

function Page({ offline }: { readonly offline?: OfflineState }) {
  return <Studio connect={startGenerator} connectEditor={startEditor} {...{ missing, storage, offline, converterUrl }} />;
}

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no element #root');
// Only a build has a service worker; during development the page is always fresh.
createRoot(root).render(<StrictMode>{import.meta.env.PROD ? <OfflinePage /> : <Page />}</StrictMode>);
