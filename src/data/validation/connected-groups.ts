/** Things that are connected, directly or by others (Galler and Fischer 1964, "An improved equivalence algorithm"). */
export class ConnectedGroups {
  /** Leads from each to the least of its group. */
  private readonly parents: Uint32Array;

  /** @param count things, none of which is connected */
  constructor(count: number) {
    this.parents = Uint32Array.from({ length: count }, (_, k) => k);
  }

  connect(a: number, b: number): void {
    const [first, second] = [this.leastOf(a), this.leastOf(b)];
    this.parents[Math.max(first, second)] = Math.min(first, second);
  }

  connected(a: number, b: number): boolean {
    return this.leastOf(a) === this.leastOf(b);
  }

  /** Groups of more than one, each in ascending order, by their least. */
  groups(): number[][] {
    const members = new Map<number, number[]>();
    for (let k = 0; k < this.parents.length; k++) {
      const least = this.leastOf(k);
      const group = members.get(least);
      if (group === undefined) members.set(least, [k]);
      else group.push(k);
    }
    return [...members.values()].filter((group) => group.length > 1);
  }

  private leastOf(k: number): number {
    let at = k;
    while (this.parents[at] !== at) {
      this.parents[at] = this.parents[this.parents[at]];
      at = this.parents[at];
    }
    return at;
  }
}
