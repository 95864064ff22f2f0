#!/usr/bin/env node
/**
 * The `aiprod` command. In an installed package it runs the bundle that came with it; in a checkout it bundles `src/cli/main.ts`
 * first when a source has changed since the last run.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const supervised = process.env.AIPROD_SUPERVISED === '1';

/**
 * Dawn writes this to stderr for drivers with huge limits (lavapipe) and cannot be told not to. Whoever reads stderr as JSON
 * lines (`--progress json`) must not meet it.
 */
const dawnNoise = /^Warning: max\w+ artificially reduced from \d+ to \d+ to fit dynamic offset allocation limit\.$/;

async function bundle() {
  if (!existsSync(join(root, 'src', 'cli', 'main.ts'))) return join(root, 'dist', 'cli', 'main.mjs');
  const { currentCliBundle } = await import(pathToFileURL(join(root, 'tools', 'cli-bundle.mjs')).href);
  return currentCliBundle(root);
}

/**
 * Runs the command in a child whose stderr is cleaned line by line; everything else is handed through. The child has a
 * process group of its own, so that a Ctrl-C reaches it once (from here) and not twice, and ends by itself when this process
 * is killed.
 */
function supervise() {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'pipe', 'ipc'],
    detached: true,
    env: { ...process.env, AIPROD_SUPERVISED: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // Whoever reads stderr has gone: so goes the command.
  process.stderr.on('error', () => child.stderr.destroy());
  createInterface({ input: child.stderr, crlfDelay: Infinity }).on('line', (line) => {
    if (!dawnNoise.test(line)) process.stderr.write(`${line}\n`);
  });
  child.on('error', (error) => {
    process.stderr.write(`aiprod cannot start Node: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('close', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
    process.disconnect?.();
  });
}

if (process.platform === 'linux' && !process.stderr.isTTY && !supervised) {
  supervise();
} else {
  if (supervised) {
    delete process.env.AIPROD_SUPERVISED;
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
    process.channel?.unref();
  }
  try {
    await import(pathToFileURL(await bundle()).href);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
