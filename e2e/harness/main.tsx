/**
 * The studio with a played generator; the address says which part: `?part=holds&step=50`; `keep` keeps what the page keeps, `few` leaves out
 * all but what one clip needs, `large` makes the model of picture and sound one for larger pictures, `no-webgpu` is a browser without.
 */
import { createRoot } from 'react-dom/client';
import { pageTitleDrawer } from '../../src/compositing/browser';
import type { severalScripts } from '../../src/compositing/testing/several-scripts';
import { sha256 } from '../../src/numeric/sha256';
import { Studio, type StudioUi } from '../../src/studio';
import { opfsStorage } from '../../src/studio/storage/opfs-storage';
import { missingSupport } from '../../src/studio/state/problem';
import '../../src/studio/styles/page.css';
import { startEditor } from '../../workers/browser';
import { pseudoLanguage } from './pseudo-language';
import { parts, playedGenerator } from './played-generator';

declare global {
  /** For the test that a title has the same bytes in a page as in Node. */
  var digestOfTitle: ((of: Pick<typeof severalScripts, 'title' | 'size'>) => Promise<string>) | undefined;
}
globalThis.digestOfTitle = async ({ title, size }) => sha256((await pageTitleDrawer().draw(title, size)).rgba);

const parameters = new URLSearchParams(window.location.search);
const part = parts.find((known) => known === parameters.get('part')) ?? 'works';
const step = Number(parameters.get('step') ?? '30');
const applyUpdate = parameters.has('update') ? () => document.body.setAttribute('data-updated', '') : undefined;
const onlyOneClip: StudioUi = {
  ...{ workspaces: ['create'], projects: false, machine: false, models: false, inputs: false, settings: false },
  ...{ queue: false, history: false, tour: false },
};
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no element #root');
createRoot(root).render(
  <Studio
    {...(parameters.has('few') ? { ui: onlyOneClip } : {})}
    {...(parameters.has('pseudo') ? { locale: pseudoLanguage } : {})}

    connectEditor={startEditor}
    connect={() =>
      playedGenerator({
        part,
        millisecondsPerStep: step,
        sound: parameters.has('ramp') ? 'ramp' : 'music',
        ...(parameters.has('large') ? { size: { width: 384, height: 224 } } : {}),
      })
    }
    {...(parameters.has('no-webgpu') ? { missing: missingSupport({ isSecureContext: true, hasWebGpu: false }) } : {})}
    storage={parameters.has('keep') ? opfsStorage() : undefined}
    offline={{ ready: true, applyUpdate }}
  />,
);
