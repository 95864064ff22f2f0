/** `Kite` is copied as `Kite (2)`, in every language; what has no name gets none. */
export function copyName(name: string, others: readonly { readonly name: string }[]): string {
  const stem = name.replace(/ \(\d+\)$/, '');
  if (stem === '') return '';
  const taken = new Set([name, ...others.map((other) => other.name)]);
  let count = 2;
  while (taken.has(`${stem} (${count})`)) count++;
  return `${stem} (${count})`;
}

/** A project's name as that of a file. */
export function fileStem(name: string): string {
  const stem = name.replace(/[\\/:*?"<>|\p{Cc}]+/gu, '-').replace(/^[.\s-]+|[.\s-]+$/g, '');
  return stem === '' ? 'project' : stem.slice(0, 100);
}
