/** Folds a one-dimensional grid into two dimensions: WebGPU allows 65,535 workgroups in each. */
export function foldedGrid(items: number, groupSize: number): [number, number, number] {
  const groups = Math.max(1, Math.ceil(items / groupSize));
  if (groups <= 65535) return [groups, 1, 1];
  const columns = 32768;
  return [columns, Math.ceil(groups / columns), 1];
}
