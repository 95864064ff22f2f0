import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { nodeAudioHost } from './node-audio';
import { nodeDecoderHost } from './node-decoder';

setFlagsFromString('--expose-gc');
const collectGarbage = z.custom<() => void>((value) => typeof value === 'function').parse(runInNewContext('gc'));

/** The library holds what it calls for ever: without care every clip of an export would leave its last decoded frames behind. */
describe('what a coder of Node calls is let go when the coder is closed', () => {
  const events = { output: () => undefined, error: () => undefined, dequeue: () => undefined };
  const sound = { codec: 'opus', sampleRate: 48_000, numberOfChannels: 1 };

  it.each([
    [
      'a decoder of pictures',
      async (own: typeof events) => (await nodeDecoderHost('x')).open({ codec: 'avc1.42e01e', codedWidth: 64, codedHeight: 64 }, own),
    ],
    ['a decoder of sound', async (own: typeof events) => (await nodeAudioHost('x')).openDecoder(sound, own)],
    ['an encoder of sound', async (own: typeof events) => (await nodeAudioHost('x')).openEncoder({ ...sound, bitrate: 64_000 }, own)],
  ])('%s', async (_, open) => {
    const held = await (async () => {
      const own = { ...events };
      const coder = await open(own);
      coder.close();
      return new WeakRef(own);
    })();
    await vi.waitFor(() => {
      collectGarbage();
      // Not the object itself: a failed expectation would hold it.
      expect(held.deref() === undefined).toBe(true);
    });
  });
});
