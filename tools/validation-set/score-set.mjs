/**
 * Scores the duplicates that `aiprod validate FOLDER --json` found in a set of `make-set.mjs`: how many copies are told to show the same as their
 * original, and how many of the links between clips are wrong. Links between originals (or their copies) that the labels leave unjudged count
 * neither way.
 * Usage: node score-set.mjs FOLDER REPORT.json
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, reportFile] = process.argv.slice(2);
if (reportFile === undefined) throw new Error('usage: node score-set.mjs FOLDER REPORT.json');
const { clips: labels, unjudged } = JSON.parse(readFileSync(join(folder, 'labels.json'), 'utf8'));
const { duplicates } = JSON.parse(readFileSync(reportFile, 'utf8'));

/** `clip-000-crop.mp4` is a copy of `clip-000`. */
const originalOf = (id) => /^clip-\d+/.exec(id)[0];
const idOf = ({ file }) => file.replace(/\.[^.]+$/, '');
const groupOf = new Map(labels.map((clip) => [idOf(clip), clip.group]));
const isUnjudged = new Set(unjudged.flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));

const told = new Map(duplicates.flatMap(({ ids }, group) => ids.map((id) => [id, group])));
const copies = labels.filter((clip) => idOf(clip) !== originalOf(idOf(clip)));
const missed = copies.filter((copy) => {
  const [id, original] = [idOf(copy), originalOf(idOf(copy))];
  return !told.has(id) || told.get(id) !== told.get(original);
});
const links = duplicates.flatMap(({ pairs }) => pairs);
const between = links.filter(({ whole, crop }) => groupOf.get(whole) !== groupOf.get(crop));
const wrong = between.filter(({ whole, crop }) => !isUnjudged.has(`${originalOf(whole)} ${originalOf(crop)}`));

const kindOf = new Map(labels.map((clip) => [idOf(clip), clip.kind]));
for (const copy of missed) console.info(`missed: ${idOf(copy)}, ${copy.kind}, ${kindOf.get(originalOf(idOf(copy)))}`);
for (const { whole, crop } of wrong) console.info(`wrong: ${whole}, ${crop}, ${kindOf.get(originalOf(whole))}`);
console.info(
  JSON.stringify({
    ...{ clips: labels.length, copies: copies.length, missed: missed.length, found: 1 - missed.length / copies.length },
    ...{ links: links.length, unjudged: between.length - wrong.length, wrong: wrong.length },
  }),
);
