import * as Comlink from 'comlink';
import type { StoreChecks } from './browser-checks-worker';

declare global {
  var storeChecks: Comlink.Remote<StoreChecks> | undefined;
}

globalThis.storeChecks = Comlink.wrap<StoreChecks>(new Worker(new URL('./browser-checks-worker.ts', import.meta.url), { type: 'module' }));
