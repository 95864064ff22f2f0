import { describe, expect, it } from 'vitest';
import { UnsupportedWork, type Contender } from '../contender';
import type { Work } from '../work';
import { withDeviceRefusals } from './device-refusals';

const work: Work = { op: 'norm', rows: 1, channels: 1 };
const data = new Map<string, never>();

/** A device whose errors are sent by hand, and a contender on it that answers with zeros whatever happens. */
function faultyPeer() {
  const listeners: ((event: GPUUncapturedErrorEvent) => void)[] = [];
  const state = { message: '', disposed: 0, prevented: 0 };
  const device = {
    addEventListener: (_type: string, listener: (event: GPUUncapturedErrorEvent) => void) => void listeners.push(listener),
  } as unknown as GPUDevice;
  const event = (message: string) =>
    ({ error: { message }, preventDefault: () => state.prevented++ }) as unknown as GPUUncapturedErrorEvent;
  const contender: Contender = {
    name: 'peer',
    version: '1',
    dtype: 'f32',
    prepare: () =>
      Promise.resolve({
        run: () => Promise.resolve(),
        read() {
          if (state.message !== '') for (const listener of listeners) listener(event(state.message));
          return Promise.resolve(new Float32Array(1));
        },
        dispose: () => void state.disposed++,
      }),
  };
  return { device, contender, state };
}

describe('a peer whose device refuses its work', () => {
  it('has no way to do it, with the first line of the reason, and keeps no data', async () => {
    const { device, contender, state } = faultyPeer();
    state.message = 'Binding size (301989888) is larger than the maximum\n - While validating';
    const prepared = await withDeviceRefusals(contender, device).prepare(work, data);
    await expect(prepared.read()).rejects.toThrow(UnsupportedWork);
    await expect(prepared.read()).rejects.toMatchObject({
      reason: 'its device refuses it: Binding size (301989888) is larger than the maximum',
    });
    expect(state.disposed).toBeGreaterThan(0);
    expect(state.prevented).toBeGreaterThan(0);
  });

  it('is not held responsible for the work before', async () => {
    const { device, contender, state } = faultyPeer();
    const peer = withDeviceRefusals(contender, device);
    state.message = 'too large';
    await expect((await peer.prepare(work, data)).read()).rejects.toThrow(UnsupportedWork);
    state.message = '';
    expect(await (await peer.prepare(work, data)).read()).toHaveLength(1);
  });
});
