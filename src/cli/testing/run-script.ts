/** Scripts of the repository as a person runs them: processes with arguments, streams and an exit code. For tests. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  /** Over the environment of the test. */
  readonly env?: NodeJS.ProcessEnv;
  /** Called with all of stderr so far; `interrupt` is Ctrl-C, or another signal. */
  readonly onStderr?: (text: string, interrupt: (signal?: NodeJS.Signals) => void) => void;
}

/** @param script path from the repository's root */
export function runScript(script: string, args: readonly string[], { cwd, env, onStderr }: RunOptions): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, script), ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      onStderr?.(stderr, (signal = 'SIGINT') => child.kill(signal));
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The command: `aiprod` with arguments. */
export function runAiprod(args: readonly string[], options: RunOptions): Promise<Ended> {
  return runScript('bin/aiprod.mjs', args, options);
}
