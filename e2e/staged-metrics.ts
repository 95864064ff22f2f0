/** The metrics of a training run that never was: 600 steps, whose loss falls. */
export function stagedMetrics(): string {
  const lines = Array.from({ length: 600 }, (_, k) => {
    const wave = Math.sin(k * 12.9898) * 0.5 + Math.sin(k * 4.1414) * 0.5;
    return JSON.stringify({
      step: k + 1,
      epoch: Math.floor(k / 75),
      loss: 0.21 + 0.55 * Math.exp(-k / 120) + 0.06 * wave,
      learning_rate: 2e-4 * Math.min(1, (k + 1) / 50) * (0.5 + 0.5 * Math.cos((Math.PI * k) / 600)),
      gradient_norm: 0.8 + 0.9 * Math.exp(-k / 90) + 0.3 * wave,
      seconds: 1.84 + 0.05 * wave,
      gpu_bytes: 18_400_000_000,
    });
  });
  return `${lines.join('\n')}\n`;
}
