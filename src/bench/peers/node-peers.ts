import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { globals } from 'webgpu';
import { z } from 'zod';
import { AiprodError } from '../../errors';
import { acquireDevice } from '../../gpu';
import { createNodeGpu } from '../../gpu/node';
import type { Contender } from '../contender';
import { jaxContender } from './jax';
import { loadPeer } from './peer-work';
import { tfjsContender } from './tfjs';

/** Peers that run in one Node process with us, by the name that reports use. */
export const nodePeerNames = ['jax-js', 'tfjs'] as const;

/**
 * Starts the peers on the adapter that `preference` names. They expect a browser, so `navigator.gpu` and WebGPU's constants
 * become globals of this process first.
 *
 * @throws AiprodError `missing-feature` when a peer is not installed.
 */
export async function startNodePeers(preference: string): Promise<Contender[]> {
  const { gpu, adapter } = await createNodeGpu(preference);
  Object.assign(globalThis, globals);
  const navigator = { gpu, userAgent: `Node.js/${process.versions.node}`, vendor: '', platform: process.platform, hardwareConcurrency: 2 };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  // The adapter that we measure on, with the same limits; a device of its own, since tfjs counts on owning its queue.
  const tfjsDevice = await acquireDevice(gpu, { preference: 'auto', backend: adapter.backend });
  const info = tfjsDevice.device.adapterInfo;
  return [
    await jaxContender(await packageVersion('@jax-js/jax')),
    await tfjsContender(await packageVersion('@tensorflow/tfjs-backend-webgpu'), { device: tfjsDevice.device, info }),
  ];
}

/** Version of an installed package: the nearest package.json above its entry, since most packages do not export theirs. */
async function packageVersion(name: string): Promise<string> {
  return loadPeer([name], async () => {
    let folder = dirname(createRequire(import.meta.url).resolve(name));
    for (;;) {
      const parsed = await readFile(join(folder, 'package.json'), 'utf8').then(
        (text) => z.object({ name: z.literal(name), version: z.string() }).safeParse(JSON.parse(text)).data,
        () => undefined,
      );
      if (parsed !== undefined) return parsed.version;
      const parent = dirname(folder);
      if (parent === folder) throw new AiprodError('missing-feature', `${name} has no package.json`);
      folder = parent;
    }
  });
}
