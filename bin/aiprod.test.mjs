import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { currentCliBundle } from '../tools/cli-bundle.mjs';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiprod-launcher-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** An installed package whose command is `script`. */
async function install(script) {
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'dist', 'cli'), { recursive: true });
  await copyFile(join(import.meta.dirname, 'aiprod.mjs'), join(folder, 'bin', 'aiprod.mjs'));
  await writeFile(join(folder, 'dist', 'cli', 'main.mjs'), script);
}

function start(...args) {
  const child = spawn(process.execPath, [join(folder, 'bin', 'aiprod.mjs'), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (output[name] += text));
  const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...output })));
  return { child, output, ended };
}

/** Waits until the output holds a text. */
async function until(output, text) {
  while (!output.stdout.includes(text)) await sleep(20);
}

const untilSignalled = `
  let signals = 0;
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => {
    signals += 1;
    setTimeout(() => { console.log(name, signals); process.exit(130); }, 300);
  });
  setInterval(() => undefined, 1000);
  console.log('ready', process.pid);
`;

describe('the launcher', () => {
  it('hands arguments, streams and the exit code through, and adds nothing', async () => {
    await install(`
      for await (const chunk of process.stdin) process.stdout.write(chunk);
      process.stdout.write(JSON.stringify(process.argv.slice(2)));
      process.stderr.write('{"stage":"denoise"}\\n');
      process.exitCode = 3;
    `);
    const { child, ended } = start('generate', '--prompt', 'a red ball');
    child.stdin.end('input;');
    expect(await ended).toEqual({
      code: 3,
      signal: null,
      stdout: 'input;["generate","--prompt","a red ball"]',
      stderr: '{"stage":"denoise"}\n',
    });
  });

  it('keeps what a driver writes natively out of stderr', async () => {
    const noise =
      'Warning: maxDynamicUniformBuffersPerPipelineLayout artificially reduced from 1000000 to 16 to fit dynamic offset allocation limit.';
    await install(`import { writeSync } from 'node:fs'; writeSync(2, ${JSON.stringify(`${noise}\n{"step":1}\nWarning: mine\n`)});`);
    expect(await start().ended).toMatchObject({ code: 0, stdout: '', stderr: '{"step":1}\nWarning: mine\n' });
  });

  it.each(['SIGINT', 'SIGTERM'])('passes %s on once and ends as the command ends', async (signal) => {
    await install(untilSignalled);
    const { child, output, ended } = start();
    await until(output, 'ready');
    child.kill(signal);
    const result = await ended;
    expect(result.code).toBe(130);
    expect(result.stdout).toContain(`${signal} 1\n`);
  });

  it('does not leave the command running when it is killed', async () => {
    await install(untilSignalled);
    const { child, output, ended } = start();
    await until(output, 'ready');
    child.kill('SIGKILL');
    // The command holds the same stdout, so the stream closes only when it has ended too.
    expect((await ended).stdout).toContain('SIGTERM 1\n');
  });

  it('tells of a command that cannot be loaded', async () => {
    await install('throw new Error("broken bundle");');
    const result = await start().ended;
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('broken bundle');
  });
});

describe('currentCliBundle', () => {
  async function checkout(text) {
    await mkdir(join(folder, 'src', 'cli'), { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'x', type: 'module' }));
    await writeFile(join(folder, 'src', 'cli', 'main.ts'), `console.log(${JSON.stringify(text)} satisfies string);`);
  }

  it('bundles once, also when asked by several at once, and again when a source changes', async () => {
    await checkout('first');
    const bundles = await Promise.all([currentCliBundle(folder), currentCliBundle(folder), currentCliBundle(folder)]);
    expect(new Set(bundles).size).toBe(1);
    expect(await readFile(bundles[0], 'utf8')).toContain('first');
    expect(await readdir(join(folder, '.cache', 'cli'))).toHaveLength(1);

    await checkout('second, and longer');
    const second = await currentCliBundle(folder);
    expect(second).not.toBe(bundles[0]);
    expect(await readFile(second, 'utf8')).toContain('second');
    // A command that still runs may load parts of the older one.
    expect(await readFile(bundles[0], 'utf8')).toContain('first');
  });

  it('tells what is wrong with a source and leaves nothing half-made', async () => {
    await checkout('fine');
    await writeFile(join(folder, 'src', 'cli', 'main.ts'), 'const = ;');
    await expect(currentCliBundle(folder)).rejects.toThrow(/main\.ts/);
    expect(await readdir(join(folder, '.cache', 'cli')).catch(() => [])).toEqual([]);
  });
});
