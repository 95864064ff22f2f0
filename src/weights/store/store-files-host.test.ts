import { describe, expect, it } from 'vitest';
import { urlOrigin } from './origins';
import { chunkBytes } from './manifest';
import { ModelStore } from './store';
import { memoryModelFiles } from '../testing';
import { hostStoreFiles } from './store-files-host';
import { nodeStoreFiles } from './store-files-node';

const content = Uint8Array.from({ length: chunkBytes + 1000 }, (_, k) => (k * 31 + (k >> 11)) & 255);

/** A server of one file, each of whose first answers ends after so many bytes. */
function serverOf(bytes: Uint8Array<ArrayBuffer>, ...cuts: number[]): { fetch: typeof fetch; starts: number[] } {
  const starts: number[] = [];
  const answer: typeof fetch = async (_, init) => {
    const start = Number(/^bytes=(\d+)-/.exec(new Headers(init?.headers).get('range') ?? '')?.[1] ?? 0);
    starts.push(start);
    const cut = cuts.shift();
    const rest = bytes.slice(start);
    let sent = false;
    const body = new ReadableStream({
      // An error takes with it what was not read yet: it comes with the second question.
      pull(controller) {
        if (!sent) controller.enqueue(rest.subarray(0, cut));
        else if (cut === undefined) controller.close();
        else controller.error(new TypeError('cut off'));
        sent = true;
      },
    });
    const headers = new Headers({ 'content-length': String(rest.length), etag: '"one"' });
    if (start > 0) headers.set('content-range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
    return new Response(body, { status: start > 0 ? 206 : 200, headers });
  };
  return { fetch: answer, starts };
}

const remote = urlOrigin('https://host.example/clips.safetensors');
const wait = () => Promise.resolve();

describe('a store in the keeping of a host', () => {
  it('goes on after a cut, verifies, mends and removes', async () => {
    const { files, kept } = memoryModelFiles();
    // Hashes by the system are quicker than those that every browser has.
    const store = new ModelStore({ ...hostStoreFiles(files), createHash: nodeStoreFiles('').createHash });
    const server = serverOf(content, chunkBytes + 10);
    await store.add('clips', remote, { fetch: server.fetch, wait });
    expect(server.starts).toEqual([0, chunkBytes]);
    expect(await store.list()).toMatchObject([{ name: 'clips', state: 'whole' }]);
    const path = 'clips/clips.safetensors';
    expect(Buffer.from((await kept.get(path)?.arrayBuffer()) ?? new ArrayBuffer(0)).equals(content)).toBe(true);
    const tree = await store.tree('clips');
    expect(await tree.list()).toContain('clips.safetensors');
    expect(await (await tree.open('clips.safetensors'))?.read(chunkBytes, 3)).toEqual(content.slice(chunkBytes, chunkBytes + 3));
    expect(await tree.open('other')).toBeUndefined();

    kept.set(path, new Blob([content.slice(0, -1), new Uint8Array([content[content.length - 1] ^ 1])]));
    expect(await store.verify('clips')).toMatchObject([{ damaged: [1] }]);
    await store.mend('clips', 'clips.safetensors', { fetch: serverOf(content).fetch, wait });
    expect(await store.verify('clips')).toMatchObject([{ damaged: [] }]);
    await store.remove('clips');
    expect([...kept.keys()]).toEqual([]);
  });

  it('says when the host has no room, or does not work', async () => {
    const full = new ModelStore(hostStoreFiles(memoryModelFiles(chunkBytes).files));
    await expect(full.add('clips', remote, { fetch: serverOf(content).fetch, wait })).rejects.toMatchObject({ code: 'storage-full' });
    const broken = { ...memoryModelFiles().files, list: () => Promise.reject(new Error('no connection')) };
    await expect(new ModelStore(hostStoreFiles(broken)).list()).rejects.toThrow(
      'the storage of models does not work (found no connection)',
    );
  });
});
