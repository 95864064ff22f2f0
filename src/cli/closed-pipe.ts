/** Whether whoever read the output has gone. */
export interface ClosedPipe {
  readonly closed: boolean;
}

/**
 * Whoever reads the output may leave early, as `| head` does: then nothing more needs doing. A command that listens to signals is
 * interrupted, so that it leaves nothing half-written; any other ends at once, without a word.
 */
export function endOnClosedPipe(streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr]): ClosedPipe {
  const pipe = { closed: false };
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (pipe.closed) return;
      pipe.closed = true;
      if (!process.emit('SIGTERM')) process.exit(0);
    });
  }
  return pipe;
}
