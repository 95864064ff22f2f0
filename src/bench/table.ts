/** A report as text for people. */
import { memoryAgrees } from './model-suites';
import type { BenchCase, BenchReport, Comparison } from './report';

/** `12.3 ms`, `1.23 s`, `45.6 us`. */
export function formatDuration(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  if (seconds >= 1e-3) return `${(seconds * 1e3).toFixed(seconds >= 0.1 ? 0 : 1)} ms`;
  return `${(seconds * 1e6).toFixed(1)} us`;
}

function percentOf(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

/** The lines of one case. */
export function caseLines(measured: BenchCase): string[] {
  const lines = [
    `${measured.suite}: ${measured.name}${measured.flops === undefined ? '' : `  (${(measured.flops / 1e9).toPrecision(3)} GFLOP)`}`,
  ];
  for (const result of measured.results) {
    const ratio = measured.ratios.find(({ peer }) => peer === result.contender);
    const parts = [
      `  ${result.contender.padEnd(10)}`,
      `median ${formatDuration(result.median).padStart(9)}`,
      `min ${formatDuration(result.min).padStart(9)}`,
      result.gflops === undefined ? undefined : `${result.gflops.toFixed(2).padStart(8)} GFLOP/s`,
      result.dtype,
      ratio === undefined
        ? undefined
        : `ours is ${ratio.median.toFixed(2)} times as fast${ratio.byRound ? ` (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)} by round)` : ' (by figure, measured apart)'}`,
    ];
    lines.push(parts.filter((part) => part !== undefined).join('  '));
  }
  for (const { peer, reason } of measured.unsupported) lines.push(`  ${peer.padEnd(10)}  not measured: ${reason}`);
  if (measured.quality !== undefined) {
    const { similarity, cosine, psnr, weightBytes } = measured.quality;
    lines.push(
      `  latents ${percentOf(similarity.worst)} at least, ${percentOf(similarity.mean)} in the mean (cosine ${cosine.worst.toFixed(5)})`,
      `  frames ${psnr.worst.toFixed(1)} dB at least, ${psnr.mean.toFixed(1)} dB in the mean; weights ${weightBytes} bytes`,
    );
  }
  if (measured.memory !== undefined) {
    const { predictedBytes, heldBytes } = measured.memory;
    const percent = ((heldBytes / predictedBytes - 1) * 100).toFixed(2);
    lines.push(
      `  predicted ${predictedBytes} bytes, held ${heldBytes} at the peak (${percent} %)  ${memoryAgrees(measured.memory) ? 'agrees' : 'DIFFERS'}`,
    );
  }
  return lines;
}

/** What comes before and after the cases. */
export function headLine({ adapter, system, rounds, clock }: Pick<BenchReport, 'adapter' | 'system' | 'rounds' | 'clock'>): string {
  return `${adapter.description} (${adapter.backend}), ${system.runtime}, ${system.processors} cores, ${rounds} rounds${clock === 'processor' ? ', processor time' : ''}`;
}

export function tailLines({ leftOut, system }: Pick<BenchReport, 'leftOut' | 'system'>): string[] {
  const lines = leftOut.map(({ suite, name, reason }) => `left out  ${suite}: ${name}: ${reason}`);
  const load = system.load === undefined ? 0 : Math.max(...system.load);
  if (load > system.processors) {
    lines.push(`note  the load was ${load.toFixed(1)} on ${system.processors} cores: other work ran too, so trust ratios, not times`);
  }
  return lines;
}

export function comparisonLines({ sameAdapter, cases, missing }: Comparison): string[] {
  const lines = sameAdapter ? [] : ['note  the baseline was measured on another adapter'];
  for (const { suite, name, ofMedians, ofMinimums } of cases) {
    lines.push(`${suite}: ${name}  ${ofMedians.toFixed(2)} times as fast as the baseline (${ofMinimums.toFixed(2)} by minimums)`);
  }
  for (const { suite, name } of missing) lines.push(`${suite}: ${name}  is not in the baseline`);
  return lines;
}
