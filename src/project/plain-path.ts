/** Whether a path is relative, with forward slashes, and stays inside the folder that it starts from on every system. */
export function isPlainPath(path: string): boolean {
  const plain = path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  return plain && path.length <= 4096 && !/[\\:\p{Cc}]/u.test(path);
}
