/** A name that is not taken, counted before its ending as browsers name downloads: `clip (2).mp4`. @param taken in lower case: disks tell no case apart */
export function freeFileName(wanted: string, taken: ReadonlySet<string>): string {
  const [ending = ''] = /\.[^.]+$/.exec(wanted) ?? [];
  const stem = wanted.slice(0, wanted.length - ending.length);
  let name = wanted;
  for (let count = 2; taken.has(name.toLowerCase()); count++) name = `${stem} (${count})${ending}`;
  return name;
}
