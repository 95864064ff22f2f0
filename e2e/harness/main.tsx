/** The studio with a played generator; the address says which part: `?part=holds&step=50`; `keep` keeps what the page keeps. */
import { createRoot } from 'react-dom/client';
import { Studio } from '../../src/studio';
import { opfsStorage } from '../../src/studio/storage/opfs-storage';
import '../../src/studio/styles/page.css';
import { startEditor } from '../../workers/browser';
import { pseudoLanguage } from './pseudo-language';
import { parts, playedGenerator } from './played-generator';

const parameters = new URLSearchParams(window.location.search);
const part = parts.find((known) => known === parameters.get('part')) ?? 'works';
const step = Number(parameters.get('step') ?? '30');
const applyUpdate = parameters.has('update') ? () => document.body.setAttribute('data-updated', '') : undefined;
const root = document.getElementById('root');
if (root === null) throw new Error('the page has no element #root');
createRoot(root).render(
  <Studio
    {...(parameters.has('pseudo') ? { locale: pseudoLanguage } : {})}

    connectEditor={startEditor}
    connect={() => playedGenerator(part, step, parameters.has('ramp') ? 'ramp' : 'music')}
    storage={parameters.has('keep') ? opfsStorage() : undefined}
    offline={{ ready: true, applyUpdate }}
  />,
);
