import type { KernelTiming } from '../gpu';
import { writeWhole } from '../pipelines/node';

/** Collects kernel timings and writes them in Chrome's trace event format (chrome://tracing, ui.perfetto.dev). */
export class TraceFile {
  private readonly timings: KernelTiming[] = [];

  add(timing: KernelTiming): void {
    this.timings.push(timing);
  }

  async write(path: string): Promise<void> {
    const origin = this.timings.reduce((earliest, timing) => Math.min(earliest, timing.startNanoseconds), Infinity);
    const traceEvents = this.timings.map((timing) => ({
      name: timing.label,
      cat: timing.kernel,
      ph: 'X',
      pid: 1,
      tid: 1,
      // Microseconds.
      ts: (timing.startNanoseconds - origin) / 1000,
      dur: timing.nanoseconds / 1000,
      args: { kernel: timing.kernel, gflops: timing.nanoseconds === 0 ? 0 : timing.flops / timing.nanoseconds },
    }));
    await writeWhole(path, new TextEncoder().encode(JSON.stringify({ traceEvents, displayTimeUnit: 'ms' })));
  }
}
