import { valueBytes, type NodeOutputs } from './node';

/** Outputs of nodes by signature, the least recently used dropped first; holds at most `capacity` bytes. */
export class OutputCache {
  private readonly entries = new Map<string, { readonly outputs: NodeOutputs; readonly bytes: number }>();
  private held = 0;

  constructor(readonly capacity: number) {}

  /** Bytes held now. */
  get bytes(): number {
    return this.held;
  }

  has(signature: string): boolean {
    return this.entries.has(signature);
  }

  get(signature: string): NodeOutputs | undefined {
    const entry = this.entries.get(signature);
    if (entry === undefined) return undefined;
    this.entries.delete(signature);
    this.entries.set(signature, entry);
    return entry.outputs;
  }

  /** Outputs that are larger than the whole cache are not kept. */
  set(signature: string, outputs: NodeOutputs): void {
    this.drop(signature);
    const bytes = Object.values(outputs).reduce<number>((sum, value) => sum + valueBytes(value), 0);
    if (bytes > this.capacity) return;
    this.entries.set(signature, { outputs, bytes });
    this.held += bytes;
    for (const oldest of this.entries.keys()) {
      if (this.held <= this.capacity) break;
      this.drop(oldest);
    }
  }

  clear(): void {
    this.entries.clear();
    this.held = 0;
  }

  private drop(signature: string): void {
    this.held -= this.entries.get(signature)?.bytes ?? 0;
    this.entries.delete(signature);
  }
}
