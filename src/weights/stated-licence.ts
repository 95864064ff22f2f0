import type { FileTree } from './file-tree';

/** A model card's own block of facts: YAML between two lines of dashes at its start. */
const FRONT_MATTER = /^---\r?\n([\s\S]*?)\r?\n---/;
const LONGEST = 120;

/** The licence that a folder states: in the card README.md, or the title of its licence file; undefined where it states none. */
export async function statedLicence(tree: FileTree): Promise<string | undefined> {
  const facts = FRONT_MATTER.exec((await tree.readText('README.md')) ?? '')?.[1] ?? '';
  const named = ['license_name', 'license'].map((key) => fieldOf(facts, key)).find((name) => name !== undefined && name !== 'other');
  if (named !== undefined) return named;
  const file = (await tree.list()).find((path) => /^licen[cs]e[^/]*$/i.test(path));
  const title = file === undefined ? undefined : (await tree.readText(file))?.split('\n').find((line) => line.trim() !== '');
  return title?.trim().slice(0, LONGEST);
}

function fieldOf(facts: string, key: string): string | undefined {
  const value = new RegExp(`^${key}:[ \\t]*(\\S.*)$`, 'm').exec(facts)?.[1].trim();
  return value?.replace(/^(["'])(.*)\1$/, '$2').slice(0, LONGEST);
}
