import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';

// The first run in a checkout bundles the command.
vi.setConfig({ testTimeout: 120_000 });

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs the command and stops reading one of its streams before it says anything, as `| head` does sooner or later. */
function cutOff(stream: 'stdout' | 'stderr', ...args: string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'bin', 'aiprod.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: root });
    child[stream].destroy();
    let said = '';
    for (const open of [child.stdout, child.stderr]) open.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said }));
  });
}

/** What a crash says. */
const crash = /EPIPE|node:events|error/;

it.each<{ args: string[] }>([
  { args: ['--help'] },
  { args: ['doctor'] },
  { args: ['models', 'list', '--json'] },
  { args: ['models', 'inspect', 'fixtures/golden/ltx_transformer/weights.safetensors'] },
  { args: ['verify', 'fixtures/golden/guider_cfg', 'fixtures/golden/guider_apg', '--device', 'software'] },
])('ends without a word when nobody reads its results: $args', async ({ args }) => {
  const { code, said } = await cutOff('stdout', ...args);
  expect(code).toBe(0);
  expect(said).not.toMatch(crash);
});

it('ends without a word when nobody reads what it says beside them', async () => {
  const { said } = await cutOff('stderr', 'verify', 'fixtures/golden/guider_cfg', 'no-such-folder', '--device', 'software');
  expect(said).not.toMatch(/EPIPE|node:events/);
});
