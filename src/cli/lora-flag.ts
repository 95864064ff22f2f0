import { InvalidArgumentError } from 'commander';

export interface LoraFlag {
  readonly path: string;
  readonly scale: number;
}

/** `FILE[:SCALE]`, once for each LoRA. A colon belongs to the path unless a number is all that follows it. */
export function loraFlag(text: string, earlier: readonly LoraFlag[] = []): LoraFlag[] {
  const match = /^(.+):(-?(?:\d+\.?\d*|\.\d+))$/.exec(text);
  const [path, scale] = match === null ? [text, 1] : [match[1], Number(match[2])];
  if (path === '') throw new InvalidArgumentError('Expected a file, and perhaps a scale: style.safetensors:0.8.');
  if (Math.abs(scale) > 100) throw new InvalidArgumentError('Expected a scale from -100 to 100.');
  return [...earlier, { path, scale }];
}
